//! The tables of a sweep as Parquet, for those who read them with columns in mind: the rows, names and values of the CSV.

use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use windtunnel_sim::outcome::metric::DEFINITIONS;

use crate::error::{CliError, Kind};

/// Columns of words, whatever the words look like: a digest may be all digits.
const WORDS: [&str; 8] = ["id", "point", "fidelity", "error", "scenario", "trace", "metric", "unit"];
/// Columns of figures in a summary.
const FIGURES: [&str; 3] = ["mean", "low", "high"];

/// A column, nothing where a cell is empty.
#[derive(Debug, PartialEq)]
enum Column {
    Words(Vec<Option<String>>),
    Numbers(Vec<Option<f64>>),
    /// Whole numbers; seeds use all 64 bits.
    Counts(Vec<Option<u64>>),
}

impl Column {
    /// What a key of the scenario varies over is numbers when all of its values are.
    fn new(name: &str, cells: &[String]) -> Column {
        let given = |cell: &String| Some(cell.clone()).filter(|cell| !cell.is_empty());
        let is_figure = DEFINITIONS.iter().any(|metric| metric.name == name) || FIGURES.contains(&name);
        let is_count = matches!(name, "seed" | "replication" | "replications");
        let all = |is: fn(&str) -> bool| cells.iter().filter(|cell| !cell.is_empty()).all(|cell| is(cell));
        if WORDS.contains(&name) {
            return Column::Words(cells.iter().map(given).collect());
        }
        if is_count && all(|cell| cell.parse::<u64>().is_ok()) {
            return Column::Counts(cells.iter().map(|cell| cell.parse().ok()).collect());
        }
        let is_number = |cell: &str| cell.contains(|c: char| c.is_ascii_digit()) && cell.parse::<f64>().is_ok();
        if is_figure || all(is_number) {
            return Column::Numbers(cells.iter().map(|cell| cell.parse().ok()).collect());
        }
        Column::Words(cells.iter().map(given).collect())
    }

    fn schema(&self, name: &str) -> Result<Type, ParquetError> {
        let (physical, converted) = match self {
            Column::Words(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
            Column::Numbers(_) => (Physical::DOUBLE, ConvertedType::NONE),
            Column::Counts(_) => (Physical::INT64, ConvertedType::UINT_64),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .build()
    }

    fn write(&self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        match (self, writer) {
            (Column::Words(cells), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let present: Vec<ByteArray> = cells.iter().flatten().map(|cell| cell.as_str().into()).collect();
                writer.write_batch(&present, Some(&levels(cells)), None)?;
            }
            (Column::Numbers(cells), ColumnWriter::DoubleColumnWriter(writer)) => {
                let present: Vec<f64> = cells.iter().flatten().copied().collect();
                writer.write_batch(&present, Some(&levels(cells)), None)?;
            }
            (Column::Counts(cells), ColumnWriter::Int64ColumnWriter(writer)) => {
                // The same bits: that is how Parquet keeps unsigned numbers.
                let present: Vec<i64> = cells.iter().flatten().map(|count| *count as i64).collect();
                writer.write_batch(&present, Some(&levels(cells)), None)?;
            }
            _ => return Err(ParquetError::General("a column is not of its schema".into())),
        }
        Ok(())
    }
}

/// 1 where a cell has a value, 0 where it has none.
fn levels<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

/// The Parquet file of a table that is given as CSV.
pub(super) fn of_csv(table: &[u8]) -> Result<Vec<u8>, CliError> {
    let columns = columns(table).map_err(|error| failed(&error))?;
    written(&columns).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> CliError {
    CliError::new(Kind::Input, format!("cannot write Parquet: {error}"))
}

fn columns(table: &[u8]) -> Result<Vec<(String, Column)>, csv::Error> {
    let mut reader = csv::Reader::from_reader(table);
    let mut names: Vec<String> = Vec::new();
    for name in reader.headers()? {
        // A key that varies may be called like a column of ours; Parquet's readers want each name once.
        let mut unique = name.to_string();
        while names.contains(&unique) {
            unique.push('_');
        }
        names.push(unique);
    }
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in cells.iter_mut().zip(&record?) {
            column.push(cell.to_string());
        }
    }
    Ok(names.into_iter().zip(cells).map(|(name, cells)| (name.clone(), Column::new(&name, &cells))).collect())
}

fn written(columns: &[(String, Column)]) -> Result<Vec<u8>, ParquetError> {
    let fields: Result<Vec<_>, _> = columns.iter().map(|(name, column)| column.schema(name).map(Arc::new)).collect();
    let schema = Arc::new(Type::group_type_builder("sweep").with_fields(fields?).build()?);
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::builder().build()))?;
    let mut rows = writer.next_row_group()?;
    for (_, column) in columns {
        let Some(mut place) = rows.next_column()? else { break };
        column.write(place.untyped())?;
        place.close()?;
    }
    rows.close()?;
    writer.close()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::*;

    const TABLE: &str = "\
id,point,seed,ess.alarm.high.threshold,ess.rule.out.cooldown,cost_total,apdex,seed,error
0012,77,18446744073709551615,70,60s,1.25,,3,
0013,78,8,70.5,300s,,,4,\"it \"\"failed\"\", alas\"
";

    #[test]
    fn a_table_comes_back_as_it_was_with_types() {
        let bytes = of_csv(TABLE.as_bytes()).unwrap();
        assert_eq!(bytes, of_csv(TABLE.as_bytes()).unwrap(), "equal tables give equal bytes");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let schema = reader.metadata().file_metadata().schema();
        let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
        assert_eq!(names[3..5], ["ess.alarm.high.threshold", "ess.rule.out.cooldown"]);
        assert_eq!(names[7], "seed_", "no name twice");
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get_string(0).unwrap(), "0012", "digests stay words");
        assert_eq!(rows[0].get_ulong(2).unwrap(), u64::MAX);
        assert_eq!(rows[1].get_double(3).unwrap(), 70.5);
        assert_eq!(rows[1].get_string(4).unwrap(), "300s");
        assert_eq!(rows[0].get_double(5).unwrap(), 1.25);
        assert!(rows[1].get_double(5).is_err(), "an empty cell is null");
        assert!(schema.get_fields()[6].get_physical_type() == Physical::DOUBLE, "a figure without values is a number");
        assert_eq!(rows[1].get_string(8).unwrap(), "it \"failed\", alas");
    }
}
