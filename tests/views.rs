//! Whole-machine views over real captures: nothing is missing in a list of all tables, and nothing is there twice.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{NOW, Place, stores};

/// In the busiest minute of each machine the timeline has every row of every table, and so has the list around a row of it.
#[test]
fn a_timeline_is_as_long_as_its_tables_together() {
    let Some(filled) = stores::real("mordor-theshire-2020") else { return };
    let machines = eval(&filled.store, r#"machines().column("Name")"#);
    let mut rows = 0;
    for machine in machines.as_array().unwrap() {
        let expression = format!(
            r#"let all = Machine("{}", all_time());
            let minute = all.get_raw_events().derive("Minute", |e| e.DateTime.floor(1.minutes)).top("Minute", 1).first().Minute;
            let m = Machine("{}", TimePeriod(#{{ from: minute, to: minute + 1.minutes }}));
            let executions = m.executions(#{{ operation: ["create", "kill", "thread", "load", "access", "tamper"] }});
            let tables = [executions, m.files(), m.registry(), m.communications(), m.dns(), m.logons(), m.scripts(), m.system()];
            let sum = 0;
            for table in tables {{ sum += table.count(); }}
            let lines = m.timeline();
            let from = lines.first().DateTime;
            let to = lines.last().DateTime;
            let times = lines.column("DateTime");
            let sorted = true;
            for at in 1..times.len() {{ sorted = sorted && times[at - 1] <= times[at]; }}
            [sum, lines.count(), times.len(), sorted, lines.first().around(to - from).filter(|e| e.DateTime >= from).count()]"#,
            machine.as_str().unwrap(),
            machine.as_str().unwrap()
        );
        let counts = eval(&filled.store, &expression);
        let sum = counts[0].as_u64().unwrap();
        assert_eq!(counts, json!([sum, sum, sum, true, sum]), "{machine}");
        rows += sum;
    }
    assert!(rows > 10_000, "{rows}");
}

fn eval(store: &Path, expression: &str) -> Value {
    let place = Place::new();
    let mut call = place.huntsman(["eval", expression, "--now", NOW, "--format", "json", "--source"]);
    call.command.arg(store);
    call.run().expect(0).json()
}
