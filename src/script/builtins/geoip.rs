//! Where the addresses of rows are, from the databases that the run names.

use rhai::Dynamic;

use super::{Answer, Call, Collection, Declared, Kind, method};
use crate::backend::BackendError;
use crate::diag::Fault;
use crate::plan::{Schema, Step};
use crate::script::run::Run;

/// Whose addresses are looked up when no column is named: the other end.
const REMOTE: &str = "RemoteIp";

pub(super) fn declared() -> Vec<Declared> {
    vec![method(
        Kind::Collection,
        "geoip",
        &[("column", Kind::Text)],
        0,
        "Adds where the addresses of a column (RemoteIp) are: Country, City, Asn, Latitude, Longitude, from the databases of --geoip; missing where they don't know",
        "Client(\"all\", all_time()).get_communications().geoip().stack(\"Country\")",
        geoip,
    )]
}

fn geoip(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    if !knows_places(call.run) {
        return Err(call.fail(Fault::from(&BackendError::NoPlaces)));
    }
    let column = if call.given() > 0 { call.text(0) } else { REMOTE.to_string() };
    if call.given() == 0 && collection.schema.kind(REMOTE).is_none() {
        let fault = Fault::new("geoip::column", format!("these rows have no column `{REMOTE}`"))
            .with_help("name the column that holds the addresses, as `.geoip(\"LocalIp\")`");
        return Err(call.fail(fault));
    }
    let located = collection.then(Step::Locate(column.as_str().into())).map_err(|error| call.fail_plan(&error))?;
    Ok(Dynamic::from(located))
}

/// A check has no rows, and so misses no database.
pub(super) fn knows_places(run: &Run) -> bool {
    run.checking || run.setup.backend.knows_places()
}

/// Whether rows are communications as their query gives them, not located yet: what a map is drawn of.
pub(super) fn is_communications(schema: &Schema) -> bool {
    let has = |name: &str| schema.kind(name).is_some();
    [REMOTE, "RemotePort", "Protocol", "Direction"].into_iter().all(has) && !has("Latitude")
}

/// Communications with where their other ends are.
pub(super) fn located(collection: &Collection) -> Result<Collection, Fault> {
    collection.then(Step::Locate(REMOTE.into())).map_err(|error| Fault::from(&error))
}
