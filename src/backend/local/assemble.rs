//! Rows of several parts in row order, where each part has few of the columns: what no row of a part has is not made for it.

use polars::prelude::{Column, DataFrame, IdxCa, IntoLazy, NewChunkedArray, PolarsResult};

use super::job::Job;
use super::scan::ORDER;
use super::stage::{Part, in_order};
use super::{kernel, run};
use crate::backend::BackendError;
use crate::frame::missing_column;
use crate::plan::Schema;
use crate::telemetry::Type;

/// The number of a row before it is put in its place.
const ROW: &str = "\u{2}row";

/// The rows of the parts in row order, with the columns of the schema.
pub fn rows(job: &Job, parts: &[Part], schema: &Schema) -> Result<DataFrame, BackendError> {
    let frames = parts.iter().map(|part| Ok(kernel::compact(job.collect(part.rows()?)?))).collect::<Result<Vec<_>, BackendError>>()?;
    let all = Frames::new(&frames, job)?;
    let columns = schema.columns().iter().map(|(name, kind)| all.column(name, *kind)).collect::<PolarsResult<Vec<_>>>().map_err(run::failed)?;
    DataFrame::new(all.height(), columns).map_err(run::failed)
}

/// Frames of different columns as one, and in which order their rows come.
struct Frames<'a> {
    frames: &'a [DataFrame],
    /// Of each row in order: its frame, and its place there.
    order: Vec<(usize, u32)>,
}

impl Frames<'_> {
    fn new<'a>(frames: &'a [DataFrame], job: &Job) -> Result<Frames<'a>, BackendError> {
        let hidden = ORDER.map(|(_, hidden, _)| hidden);
        let places = frames.iter().map(|frame| frame.select(hidden)).collect::<Result<Vec<_>, _>>().map_err(run::failed)?;
        let sorted = run::collect_in_memory(in_order(kernel::stacked(places).map_err(run::failed)?.lazy().with_row_index(ROW, None)), &job.limits)?;
        let known: Vec<(usize, u32)> = frames.iter().enumerate().flat_map(|(at, frame)| (0..frame.height() as u32).map(move |row| (at, row))).collect();
        let rows = sorted.column(ROW).and_then(|rows| rows.idx().cloned()).map_err(run::failed)?;
        let order = rows.iter().flatten().filter_map(|row| known.get(row as usize).copied()).collect();
        Ok(Frames { frames, order })
    }

    fn height(&self) -> usize {
        self.order.len()
    }

    /// One column of all rows.
    fn column(&self, name: &str, kind: Type) -> PolarsResult<Column> {
        let mut cells: Option<Column> = None;
        let mut starts = Vec::with_capacity(self.frames.len());
        for frame in self.frames {
            let own = frame.column(name).ok().filter(|own| own.null_count() < own.len());
            starts.push(own.map(|_| cells.as_ref().map_or(0, Column::len) as u32));
            match (&mut cells, own) {
                (Some(cells), Some(own)) => drop(cells.append(own)?),
                (None, Some(own)) => cells = Some(own.clone()),
                (_, None) => {}
            }
        }
        let Some(cells) = cells else {
            let told = self.frames.iter().find_map(|frame| frame.column(name).ok());
            return Ok(told.map_or_else(|| missing_column(name, kind, self.height()), |told| Column::full_null(name.into(), self.height(), told.dtype())));
        };
        let places = self.order.iter().map(|(frame, row)| starts.get(*frame).copied().flatten().map(|start| start + row));
        cells.take(&IdxCa::from_iter_options("".into(), places))
    }
}
