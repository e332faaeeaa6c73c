//! Dates and times: ISO texts (`2024-02-29`, `2024-02-29T12:30:00.5+01:00`) and seconds since 1970,
//! from the year 0 to 9999. Without a zone a text is UTC, and what is written is UTC.
//!
//! Days are counted as in <https://howardhinnant.github.io/date_algorithms.html>: a few formulas,
//! where a library would bring time zones into the module.

use std::cell::Cell;

use super::{describe, mismatch};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::Number;
use crate::outcome::Datum;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Microseconds since 1970, of a year that has four digits.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    micros: i64,
    /// a day, with no time of it
    is_date: bool,
}

/// A year, a month and a day, both from 1.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
}

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

/// A statement begins at so many milliseconds since 1970, which is now as long as it runs.
pub(crate) fn begin(unix_ms: f64) {
    NOW.set((unix_ms * 1000.0) as i64);
}

pub(super) fn now() -> Moment {
    Moment { micros: NOW.get(), is_date: false }
}

/// `date_part('year', x)`, which is `EXTRACT(year FROM x)`.
pub(super) fn part(unit: &str, moment: Moment, span: Span) -> Result<Datum> {
    Ok(Datum::Int(match unit.to_ascii_lowercase().as_str() {
        "year" => moment.year(),
        "quarter" => (moment.month() + 2) / 3,
        "month" => moment.month(),
        "week" => moment.week(),
        "day" => moment.day_of_month(),
        "hour" => moment.hour(),
        "minute" => moment.minute(),
        "second" => moment.second(),
        "dow" => moment.day_of_week(),
        "isodow" => (moment.day_of_week() + 6) % 7 + 1,
        "doy" => moment.day_of_year(),
        "epoch" => return Ok(moment.seconds()),
        _ => {
            let units = [
                "year", "quarter", "month", "week", "day", "hour", "minute", "second", "dow",
                "isodow", "doy", "epoch",
            ];
            let error = mismatch(format!("`{unit}` is no part of a date"), span);
            return Err(error.suggest(unit, units, "parts"));
        }
    }))
}

pub(super) fn moment(value: &Datum, span: Span) -> Result<Moment> {
    if let Datum::Text(text) = value {
        return read(text.trim()).ok_or_else(|| {
            mismatch(format!("`{text}` is no date"), span)
                .help("write it as `2024-02-29` or `2024-02-29 12:30:00`")
        });
    }
    let micros = match Number::of(value) {
        Some(Number::Whole(seconds)) => seconds.checked_mul(SECOND.into()),
        Some(Number::Fraction(seconds)) => Some((seconds * SECOND as f64).round() as i128),
        None => {
            let what = format!("a date or seconds belong here, and this is {}", describe(value));
            return Err(mismatch(what, span));
        }
    };
    let micros = micros.and_then(|micros| i64::try_from(micros).ok());
    Moment::new(micros, false).ok_or_else(|| beyond(span))
}

/// A text as milliseconds since 1970, where it is a date.
pub(crate) fn milliseconds(text: &str) -> Option<f64> {
    read(text.trim()).map(|moment| moment.micros as f64 / 1000.0)
}

/// `date_add(x, days)`
pub(super) fn add(moment: Moment, days: i64, span: Span) -> Result<Datum> {
    let micros = days.checked_mul(DAY).and_then(|more| moment.micros.checked_add(more));
    let moved = Moment::new(micros, moment.is_date).ok_or_else(|| beyond(span))?;
    Ok(Datum::Text(moved.text()))
}

/// `date_trunc('month', x)`: where that year, month, … begins; a week begins on Monday.
pub(super) fn truncated(unit: &str, moment: Moment, span: Span) -> Result<Datum> {
    let Civil { year, month, .. } = moment.civil();
    let to = |length: i64| moment.micros.div_euclid(length) * length;
    let micros = match unit.to_ascii_lowercase().as_str() {
        "year" => days(year, 1) * DAY,
        "quarter" => days(year, month - (month - 1) % 3) * DAY,
        "month" => days(year, month) * DAY,
        // 1970 began on a Thursday
        "week" => (moment.day() - (moment.day() + 3).rem_euclid(7)) * DAY,
        "day" => to(DAY),
        "hour" => to(3600 * SECOND),
        "minute" => to(60 * SECOND),
        "second" => to(SECOND),
        _ => {
            let units = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"];
            let error = mismatch(format!("`{unit}` is no part of a date"), span);
            return Err(error.suggest(unit, units, "parts"));
        }
    };
    let begin = Moment::new(Some(micros), false).ok_or_else(|| beyond(span))?;
    Ok(Datum::Text(begin.text()))
}

impl Moment {
    fn new(micros: Option<i64>, is_date: bool) -> Option<Moment> {
        let moment = Moment { micros: micros?, is_date };
        (0..=9999).contains(&moment.civil().year).then_some(moment)
    }

    /// Days since 1970.
    pub(super) fn day(self) -> i64 {
        self.micros.div_euclid(DAY)
    }

    pub(super) fn year(self) -> i64 {
        self.civil().year
    }

    pub(super) fn month(self) -> i64 {
        self.civil().month
    }

    pub(super) fn day_of_month(self) -> i64 {
        self.civil().day
    }

    pub(super) fn hour(self) -> i64 {
        self.of_day() / 3600
    }

    pub(super) fn minute(self) -> i64 {
        self.of_day() / 60 % 60
    }

    pub(super) fn second(self) -> i64 {
        self.of_day() % 60
    }

    pub(super) fn micro(self) -> i64 {
        self.micros.rem_euclid(SECOND)
    }

    pub(super) fn whole_seconds(self) -> i64 {
        self.micros.div_euclid(SECOND)
    }

    /// From Sunday, which is 0.
    pub(super) fn day_of_week(self) -> i64 {
        (self.day() + 4).rem_euclid(7)
    }

    /// From 1.
    pub(super) fn day_of_year(self) -> i64 {
        self.day() - days(self.civil().year, 1) + 1
    }

    /// The week of ISO 8601: the first one has the year's first Thursday.
    pub(super) fn week(self) -> i64 {
        let thursday = self.day() - (self.day() + 3).rem_euclid(7) + 3;
        let of_year = Moment { micros: thursday * DAY, is_date: true };
        (thursday - days(of_year.civil().year, 1)) / 7 + 1
    }

    /// Since 1970, with what is behind the point.
    pub(super) fn seconds(self) -> Datum {
        match self.micros % SECOND {
            0 => Datum::Int(self.micros / SECOND),
            _ => Datum::Double(self.micros as f64 / SECOND as f64),
        }
    }

    /// `2024-02-29`
    pub(super) fn date(self) -> String {
        let Civil { year, month, day } = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2024-02-29 12:30:00.5`; a date stays one.
    pub(super) fn text(self) -> String {
        if self.is_date {
            return self.date();
        }
        let (hour, minute, second) = (self.hour(), self.minute(), self.second());
        let text = format!("{} {hour:02}:{minute:02}:{second:02}", self.date());
        match self.micros.rem_euclid(SECOND) {
            0 => text,
            micros => text + format!(".{micros:06}").trim_end_matches('0'),
        }
    }

    /// Seconds of its day.
    fn of_day(self) -> i64 {
        self.micros.rem_euclid(DAY) / SECOND
    }

    fn civil(self) -> Civil {
        let day = self.day() + 719_468;
        let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Civil {
            year: year + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
        }
    }
}

/// The first of a month, in days since 1970.
fn days(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn read(text: &str) -> Option<Moment> {
    let (date, time) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year = digits(year, 4)?;
    let (month, day) = (digits(month, 2)?, digits(day, 2)?);
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let next = if month == 12 { days(year + 1, 1) } else { days(year, month + 1) };
    let count = days(year, month) + day - 1;
    if count >= next {
        return None;
    }
    if time.is_empty() {
        return Moment::new(Some(count * DAY), true);
    }
    let time = time.strip_prefix(['T', 't', ' '])?;
    Moment::new(Some(count * DAY + of_time(time)?), false)
}

/// `12:30`, `12:30:00`, `12:30:00.5Z`, `12:30+01:00`
fn of_time(text: &str) -> Option<i64> {
    let (time, zone) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.trim_end().split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if second >= 60 || parts.next().is_some() {
        return None;
    }
    let fraction = fraction.trim_end();
    digits(fraction, fraction.len()).filter(|_| fraction.len() <= 9)?;
    let micros = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
    let seconds = (hour * 60 + minute) * 60 + second - east(zone)?;
    Some(seconds * SECOND + micros)
}

/// Seconds that a zone is ahead of UTC.
fn east(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, zone) = zone.split_at_checked(1)?;
    let zone = zone.replace(':', "");
    let (hours, minutes) = zone.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2)? };
    let seconds = digits(hours, 2)? * 3600 + minutes * 60;
    Some(if sign == "-" { -seconds } else { seconds })
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn beyond(span: Span) -> Diagnostic {
    Diagnostic::new(Code::OutOfRange, "this is no moment of the years 0 to 9999")
        .at(span)
        .help("numbers are seconds since 1970: of milliseconds write `x / 1000`")
}
