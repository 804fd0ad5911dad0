use super::*;

fn row(system: &str, case: &str, p50: Option<f64>) -> Row {
    Row {
        work: "pingpong".to_owned(),
        case: case.to_owned(),
        system: system.to_owned(),
        language: "rust".to_owned(),
        role: "peer".to_owned(),
        mode: "spin".to_owned(),
        cores: "0/1".to_owned(),
        size: None,
        unit: "ns".to_owned(),
        p50,
        p99: p50.map(|value| value * 10.0),
        min: p50,
        max: p50,
        rounds: 3,
        limit_ratio: Some(1.5),
        best_peer: Some("pipe".to_owned()),
        best_peer_ratio: Some(0.5),
        verified: p50.is_some(),
        note: None,
    }
}

#[test]
fn a_table_has_a_line_for_each_system_and_a_column_for_each_case() {
    let rows = [
        row("SimpleIPC", "8 B", Some(99.0)),
        row("SimpleIPC", "64 B", Some(123.4)),
        row("pipe", "64 B", None),
    ];
    let tables = tables(&rows);
    assert_eq!(tables.len(), 1);
    assert_eq!(tables[0].head[..3], ["system", "8 B", "64 B"]);
    assert_eq!(tables[0].head[3], "p99, 64 B");
    assert_eq!(
        tables[0].lines[0][..4],
        ["SimpleIPC", "99.0 ns", "123 ns", "1.23 us"]
    );
    assert_eq!(tables[0].lines[0].last().map(String::as_str), Some("0.50"));
    assert_eq!(tables[0].lines[1][..3], ["pipe", "", "failed"]);
    let shown = tables[0].to_string();
    assert!(shown.contains("  SimpleIPC  99.0 ns  123 ns"), "{shown}");
}

#[test]
fn quantities_have_three_digits_and_a_unit() {
    let cases = [
        (0.5, "ns", None, "0.50 ns"),
        (999.0, "ns", None, "999 ns"),
        (1234.0, "ns", None, "1.23 us"),
        (1.5e6, "ns", None, "1.50 ms"),
        (12_345_678.0, "msg/s", Some(64), "12.3 M/s"),
        (100_000.0, "msg/s", Some(65_536), "6.55 GB/s"),
        (45_056.0, "bytes", None, "44.0 KiB"),
        (3.0, "switches/s", None, "3.00"),
    ];
    for (value, unit, size, shown) in cases {
        assert_eq!(quantity(value, unit, size), shown);
    }
}

#[test]
fn what_failed_is_told_with_its_reason() {
    let mut failed = row("pipe", "64 B", None);
    failed.note = Some("b0 hangs".to_owned());
    assert_eq!(
        failures(&[failed]),
        ["pipe, pingpong 64 B, spin, cores 0/1: b0 hangs"]
    );
}
