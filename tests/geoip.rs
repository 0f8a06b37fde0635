//! Where addresses are: columns, maps, and what is said without a database.

use serde_json::{Value, json};

use crate::support::{NOW, Place, mmdb, stores};

const COMMUNICATIONS: &str = "Client(\"all\").get_communications()";

/// A place with both databases.
fn place() -> Place {
    let place = Place::new();
    std::fs::write(place.path("City.mmdb"), mmdb::cities()).unwrap();
    std::fs::write(place.path("Asn.mmdb"), mmdb::networks()).unwrap();
    place
}

fn ask(place: &Place, expression: &str, arguments: &[&str]) -> crate::support::Answer {
    let mut call = place.huntsman(["eval", expression, "--period", "all", "--now", NOW, "--source"]);
    call.command.arg(&stores::sample().store).args(arguments);
    call.run()
}

fn json_of(expression: &str) -> Value {
    ask(&place(), expression, &["--geoip", "City.mmdb", "--geoip", "Asn.mmdb", "--format", "json"]).expect(0).json()
}

#[test]
fn addresses_have_places_from_all_databases() {
    let rows = json_of(&format!(
        "{COMMUNICATIONS}.geoip().unique([\"RemoteIp\"]).select([\"RemoteIp\", \"Country\", \"City\", \"Asn\", \"Latitude\", \"Longitude\"])"
    ));
    assert_eq!(rows["columns"][1], json!({ "name": "Country", "type": "text" }));
    assert_eq!(rows["columns"][3], json!({ "name": "Asn", "type": "int" }));
    assert_eq!(rows["columns"][4], json!({ "name": "Latitude", "type": "float" }));
    let of = |address: &str| rows["rows"].as_array().unwrap().iter().find(|row| row["RemoteIp"] == address).unwrap_or_else(|| panic!("{address}")).clone();
    let kenya = of("192.31.196.61");
    assert_eq!((&kenya["Country"], &kenya["City"], &kenya["Asn"]), (&json!("Kenya"), &json!("Nairobi"), &json!(64_497)));
    assert_eq!((&kenya["Latitude"], &kenya["Longitude"]), (&json!(-1.28), &json!(36.82)));
    assert_eq!(of("192.175.48.90")["Asn"], Value::Null, "only the first database knows it");
    let called = of("192.88.99.77");
    assert_eq!((&called["Country"], &called["Latitude"], &called["Asn"]), (&Value::Null, &Value::Null, &json!(64_496)), "only the second one knows it");
    let private: Vec<&Value> =
        rows["rows"].as_array().unwrap().iter().filter(|row| row["RemoteIp"].as_str().is_some_and(|address| address.starts_with("10."))).collect();
    assert!(!private.is_empty() && private.iter().all(|row| row["Country"].is_null() && row["Asn"].is_null()), "{private:?}");
    let own = json_of("Client(\"all\").get_communications().derive(\"Seen\", |e| \"2001:db8::7\").geoip(\"Seen\").first().Country");
    assert_eq!(own, json!("ZZ"), "a country without a name has its code");
}

/// The law of filters, and that a step which is asked less answers the same.
#[test]
fn places_are_columns_like_any_other() {
    let counts = json_of(&format!(
        "let c = {COMMUNICATIONS}; let g = c.geoip(); let kenya = |e| e.Country == \"KENYA\";
         [c.count(), g.filter(kenya).count(), g.exclude(kenya).count(), g.filter(|e| e.Country.is_missing()).count(), g.group_by(\"Country\").count().rows(),
          g.filter(|e| e.RemotePort == 443).filter(kenya).count(), c.filter(|e| e.RemotePort == 443).geoip().filter(kenya).count(),
          g.geoip(\"LocalIp\").filter(|e| !e.Country.is_missing()).count(), g.select([\"RemoteIp\"]).count(), g.sort(\"-Latitude\").first().City]"
    ));
    let number = |at: usize| counts[at].as_i64().unwrap();
    assert!(number(1) > 100 && number(3) > 100, "{counts}");
    assert_eq!(number(0), number(1) + number(2));
    let groups = counts[4].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| group["Country"].clone()).collect::<Vec<_>>(), [json!("Brazil"), json!("Kenya"), json!("Norway"), Value::Null]);
    assert_eq!(groups[1]["Count"].as_i64(), Some(number(1)));
    assert_eq!(groups[3]["Count"].as_i64(), Some(number(3)));
    assert_eq!(number(5), number(6));
    assert_eq!((number(7), number(8)), (0, number(0)));
    assert_eq!(counts[9], json!("Tromsø\u{1b}[2J"));
    let plan = ask(&place(), &format!("{COMMUNICATIONS}.geoip().explain()"), &["--geoip", "City.mmdb"]).expect(0).out;
    assert!(plan.contains("\ngeoip RemoteIp\n"), "{plan}");
}

#[test]
fn communications_are_a_map_where_a_database_tells() {
    let shown = ask(&place(), &format!("show({COMMUNICATIONS})"), &["--geoip", "City.mmdb"]).expect(0);
    assert!(
        shown.out.contains('@') && shown.out.contains("Kenya") && shown.out.contains("\nnot on the map: ") && shown.out.contains(" private, "),
        "{}",
        shown.out
    );
    assert!(!shown.out.contains("Nairobi") && shown.out.is_ascii(), "{}", shown.out);
    let listed = ask(
        &place(),
        &format!("show({COMMUNICATIONS}.geoip().filter(|e| e.Country == \"Norway\").head(1), #{{ view: \"table\" }})"),
        &["--geoip", "City.mmdb"],
    );
    assert!(listed.out.contains("\\x1b[2J") && !listed.out.contains('\u{1b}'), "{}", listed.out);
    let rows = ask(&place(), &format!("show({COMMUNICATIONS})"), &["--geoip", "City.mmdb", "--format", "json"]).expect(0).json();
    assert_eq!(rows["total"], ask(&place(), &format!("{COMMUNICATIONS}.count()"), &["--format", "json"]).json());
    // Without one, and with one that knows none of the addresses, the rows are a table that says why.
    let table = ask(&place(), &format!("show({COMMUNICATIONS})"), &[]).expect(0).out;
    assert!(table.starts_with("DateTime") && table.ends_with("no map: no geo database was named (--geoip FILE)\n"), "{table}");
    let table = ask(&place(), &format!("show({COMMUNICATIONS})"), &["--geoip", "Asn.mmdb"]).expect(0).out;
    assert!(table.starts_with("DateTime") && table.contains("no map: the geo database has no place for any of the addresses"), "{table}");
    let table = ask(&place(), &format!("show({COMMUNICATIONS}, #{{ view: \"table\" }})"), &[]).expect(0).out;
    assert!(!table.contains("no map"), "{table}");
}

/// Databases of MaxMind's own tests and one of countries only, over real connections; damaged ones end in a word, never in a crash.
#[test]
fn real_databases_are_read() {
    let Some(folder) = stores::real_path("geoip-maxmind-test") else { return };
    let place = Place::new();
    let located = |address: &str, database: &str| {
        let mut call =
            place.huntsman(["eval", &format!("{COMMUNICATIONS}.head(1).derive(\"Seen\", |e| \"{address}\").geoip(\"Seen\").first()"), "--format", "json"]);
        call.command.args(["--period", "all", "--source"]).arg(&stores::sample().store).arg("--geoip").arg(folder.join("test-data").join(database));
        call.run()
    };
    let city = located("81.2.69.160", "GeoLite2-City-Test.mmdb").expect(0).json();
    assert_eq!((&city["Country"], &city["City"], &city["Latitude"]), (&json!("United Kingdom"), &json!("London"), &json!(51.5142)));
    assert_eq!(located("2001:218::1", "GeoIP2-City-Test.mmdb").expect(0).json()["Country"], "Japan");
    assert_eq!(located("1.128.0.0", "GeoLite2-ASN-Test.mmdb").expect(0).json()["Asn"], 1221);
    assert_eq!(located("81.2.69.160", "GeoLite2-Country-Test.mmdb").expect(0).json()["City"], Value::Null);
    let damaged = crate::support::files_below(&folder, ".mmdb");
    assert!(damaged.len() > 50);
    for database in damaged {
        let answer = located("1.1.1.1", database.to_str().unwrap());
        assert!(answer.code == 0 || answer.err.contains("geoip::unreadable"), "{}: {}\n{}", database.display(), answer.code, answer.err);
    }
    let (Some(countries), Some(filled)) = (stores::real_path("geoip-country-nro/geo-whois-asn-country-ipv4.mmdb"), stores::real("mordor-theshire-2020")) else {
        return;
    };
    let mut call = place.huntsman(["eval", &format!("show({COMMUNICATIONS})"), "--period", "all", "--source"]);
    call.command.arg(&filled.store).arg("--geoip").arg(countries);
    let map = call.run().expect(0).out;
    // Only the countries are known: their middles are drawn.
    assert!(map.contains('@') && map.contains("\nUS ") && map.contains("not on the map: "), "{map}");
}

#[test]
fn databases_are_named_in_the_configuration_too() {
    let place = place();
    let country = format!("{COMMUNICATIONS}.geoip().max(\"Country\")");
    place.write("huntsman.toml", "geoip = [\"City.mmdb\", \"Asn.mmdb\"]\n");
    assert_eq!(ask(&place, &country, &[]).expect(0).out, "Norway\n");
    place.write("huntsman.toml", "geoip = \"Gone.mmdb\"\n");
    let gone = ask(&place, "1", &[]).expect(2).err;
    assert!(gone.contains("Gone.mmdb") && gone.contains("geoip::unreadable"), "{gone}");
    assert_eq!(ask(&place, &country, &["--geoip", "City.mmdb"]).expect(0).out, "Norway\n", "what the command says comes first");
    place.write("not.mmdb", "text");
    let strange = ask(&place, "1", &["--geoip", "not.mmdb"]).expect(2).err;
    assert!(strange.contains("not.mmdb: this is no MaxMind database"), "{strange}");
    let whole = mmdb::cities();
    std::fs::write(place.path("cut.mmdb"), &whole[..whole.len() - 60]).unwrap();
    let cut = ask(&place, &country, &["--geoip", "cut.mmdb"]).expect(2).err;
    assert!(cut.contains("geoip::unreadable") && cut.contains("cut.mmdb"), "{cut}");
}
