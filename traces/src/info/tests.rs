//! The figures of recordings whose figures are known.

use super::*;
use crate::import::{ImportOptions, Input, import};

fn recorded(text: String) -> Recorded {
    let input = Input { name: "x.csv".into(), content: Box::new(std::io::Cursor::new(text)) };
    import(vec![input], &ImportOptions::default(), &mut |_| true).unwrap()
}

fn series(counts: impl Iterator<Item = (u64, u64)>) -> Recorded {
    recorded(counts.fold("seconds,requests\n".to_string(), |text, (at, count)| text + &format!("{at},{count}\n")))
}

#[test]
fn the_figures_of_a_known_series() {
    // A Monday in New York; noon to midnight busy, and the last hour missing in the middle.
    let monday = 1_762_146_000;
    let counts = (0..24u64)
        .filter(|hour| *hour != 20)
        .map(|hour| (monday + hour * 3600, if hour < 12 { 3_600 } else { 10_800 }));
    let mut recorded = series(counts);
    recorded.zone = Some("America/New_York".into());
    let info = TraceInfo::of(&recorded);
    assert_eq!((info.start.as_str(), info.end.as_str()), ("2025-11-03T00:00:00-05:00", "2025-11-04T00:00:00-05:00"));
    assert_eq!((info.span_seconds, info.resolution_seconds, info.intervals), (86_400.0, 3_600.0, 23));
    assert_eq!((info.peak_rps, info.peak_at.as_str()), (3.0, "2025-11-03T12:00:00-05:00"));
    assert!((info.mean_rps - (12.0 + 33.0) / 23.0).abs() < 1e-12);
    assert_eq!((info.gaps.count, info.gaps.longest_seconds), (1, 3_600.0));
    let day = &info.profile.daily_profile;
    assert_eq!((day.len(), day[0].mean_rps, day[12].mean_rps), (23, 1.0, 3.0));
    assert_eq!(info.profile.weekly_profile[0].day, "Monday");
    assert!(info.notes.iter().any(|note| note.contains("bursts within")), "{:?}", info.notes);
}

#[test]
fn the_index_of_dispersion_is_variance_over_mean() {
    // 0 and 20 by turns: mean 10, variance 100 x n / (n - 1); pairs are all alike.
    let info = TraceInfo::of(&series((0..1000).map(|second| (second, second % 2 * 20))));
    let at = |window: f64| info.dispersion.iter().find(|scale| scale.window_seconds == window).unwrap().index;
    assert!((at(1.0) - 10.0 * 1000.0 / 999.0).abs() < 1e-9);
    assert_eq!((at(2.0), at(10.0)), (0.0, 0.0));
}

#[test]
fn what_is_suspect_is_named_and_what_is_not_is_not() {
    let kinds = |recorded: &Recorded| {
        TraceInfo::of(recorded).artefacts.iter().map(|artefact| artefact.kind).collect::<Vec<_>>()
    };
    let wave = |second: u64| 100 + second * 7919 % 41;
    assert!(kinds(&series((0..2000).map(|second| (second, wave(second))))).is_empty());
    let silent = |second: u64| if second / 30 % 20 == 19 { 0 } else { wave(second) };
    assert_eq!(kinds(&series((0..2000).map(|second| (second, silent(second))))), ["sudden-silence"]);
    let frozen = |second: u64| if second / 100 % 5 == 4 { 117 } else { wave(second) };
    assert_eq!(kinds(&series((0..2000).map(|second| (second, frozen(second))))), ["frozen-value"]);
    assert_eq!(kinds(&series((0..2000).map(|second| (second, wave(second) * 10)))), ["common-divisor"]);
    let switched = |second: u64| if second / 60 % 5 == 4 { wave(second) * 3 } else { wave(second) };
    assert_eq!(kinds(&series((0..2000).map(|second| (second, switched(second))))), ["square-burst"]);
    let same = |minute: u64| if minute % 60 == 5 { 100 + minute } else { 0 };
    assert_eq!(kinds(&series((0..600).map(|minute| (minute * 60, same(minute))))), ["same-minutes"]);
}
