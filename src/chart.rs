//! A chart, as data: what PLOT makes of rows, and `render` draws. Knows no statement and no way of
//! drawing.

use crate::outcome::Datum;

#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub mark: Mark,
    pub title: String,
    /// what is seen, in words
    pub words: Vec<String>,
    pub x: Axis,
    pub y: Axis,
    pub color: Option<Axis>,
    pub points: Vec<Point>,
    /// what each point tells of itself
    pub tips: Vec<String>,
    /// which of them stands beside its point
    pub label: Option<usize>,
}

/// What a value is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Bar,
    Line,
    Histogram,
    Scatter,
}

impl Mark {
    pub const ALL: [(&'static str, Mark); 4] = [
        ("BAR", Mark::Bar),
        ("LINE", Mark::Line),
        ("HISTOGRAM", Mark::Histogram),
        ("SCATTER", Mark::Scatter),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, mark)| *mark == self).map_or("", |(word, _)| word)
    }

    pub(crate) fn of_word(word: &str) -> Option<Mark> {
        let known = Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        known.map(|(_, mark)| *mark)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub title: String,
    pub scale: Scale,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    Number,
    /// milliseconds since 1970
    Time,
    /// a value is the place of its name
    Names(Vec<String>),
}

/// One point, bar or place of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    /// where the bar of a histogram ends
    pub to: Option<f64>,
    pub color: Option<f64>,
    pub role: Role,
    pub tips: Vec<Datum>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Hit,
    Query,
}

/// The next of 1, 2 and 5, tens of them or tenths: a width that is easily counted in.
pub(crate) fn nice(width: f64) -> f64 {
    if !(width.is_finite() && width > 0.0) {
        return 1.0;
    }
    let tens = 10f64.powi(width.log10().floor() as i32);
    if tens == 0.0 {
        return 1.0;
    }
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps.into_iter().find(|step| *step * tens >= width * (1.0 - 1e-9));
    (step.unwrap_or(10.0) * tens).min(f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_easily_counted_in() {
        let widths = [(0.3, 0.5), (1.0, 1.0), (1.2, 2.0), (7.0, 10.0), (430.0, 500.0), (0.0, 1.0)];
        for (width, nice) in widths {
            assert!((super::nice(width) - nice).abs() < 1e-9, "{width}");
        }
        for width in [f64::NAN, f64::INFINITY, 1e-320] {
            assert_eq!(nice(width), 1.0);
        }
        assert!(nice(f64::MAX).is_finite());
        assert_eq!(Mark::of_word("bar"), Some(Mark::Bar));
    }
}
