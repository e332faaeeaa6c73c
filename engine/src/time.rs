//! Moments of TIMESTAMPTZ: ISO 8601 text to microseconds since 1970 and back, and calendar
//! intervals (`P1Y2M3DT4H5M6S`). Text without an offset is what clocks of a zone show.

pub mod columns;

use std::fmt;

use crate::zone;

const SECOND: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub years: i64,
    pub months: i64,
    pub days: i64,
    pub hours: i64,
    pub minutes: i64,
    pub seconds: i64,
}

/// A moment as clocks of a zone show it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub microsecond: i64,
    /// seconds that the zone is ahead of UTC
    offset: i64,
}

/// Microseconds since 1970 of `2026-01-01T00:00:00Z`, `2026-01-01 00:00:00.5+08:00`, or of
/// `2026-01-01 00:00:00` in a zone.
pub fn moment(text: &str, zone: &str) -> Result<i64, String> {
    let unknown = || format!("invalid timestamp string: '{text}'. Does not match any known format");
    let mut reader = Reader { rest: text };
    let (year, month, day) = reader.date().ok_or_else(unknown)?;
    let (hour, minute, second) = reader.clock().ok_or_else(unknown)?;
    let fraction = reader.fraction().ok_or_else(unknown)?;
    let real = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !real {
        return Err(unknown());
    }
    let offset = reader.offset().ok_or_else(unknown)?;
    let shown = days_from_civil(year, month) * 86_400
        + (day - 1) * 86_400
        + hour * 3600
        + minute * 60
        + second;
    let seconds = match offset {
        None => zone::moment(zone, shown)
            .ok_or_else(|| format!("invalid default timezone string '{zone}'"))?,
        Some(offset) if (-12 * 3600..=14 * 3600).contains(&offset) => shown - offset,
        Some(offset) => {
            return Err(format!(
                "UTC offset hour {} is out of the valid range [-12, 14]",
                offset / 3600
            ));
        }
    };
    Ok(seconds * SECOND + fraction)
}

/// What clocks of a zone show at a moment; none of a zone that is not there.
pub fn shown(moment: i64, zone: &str) -> Option<Shown> {
    let (seconds, microsecond) = (moment.div_euclid(SECOND), moment.rem_euclid(SECOND));
    let offset = zone::offset(zone, seconds)?;
    let seconds = seconds + offset;
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    Some(Shown { year, month, day, hour, minute, second, microsecond, offset })
}

impl fmt::Display for Shown {
    /// `2025-01-02T03:04:05Z`, with a fraction where it has one; `+08:00` of another zone.
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let Shown { year, month, day, hour, minute, second, .. } = self;
        write!(to, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.microsecond != 0 {
            let fraction = format!(".{:06}", self.microsecond);
            to.write_str(fraction.trim_end_matches('0'))?;
        }
        match self.offset {
            0 => to.write_str("Z"),
            offset => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                write!(to, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl Interval {
    /// `P1DT12H`; a part that is not there is zero.
    pub fn parse(text: &str) -> Result<Interval, String> {
        let wrong = || format!("invalid ISO 8601 duration: {text}");
        let rest = text.strip_prefix('P').ok_or_else(wrong)?;
        let (date, clock) = match rest.split_once('T') {
            Some((date, clock)) => (date, clock),
            None => (rest, ""),
        };
        let [years, months, days] = parts(date, ['Y', 'M', 'D']).ok_or_else(wrong)?;
        let [hours, minutes, seconds] = parts(clock, ['H', 'M', 'S']).ok_or_else(wrong)?;
        Ok(Interval { years, months, days, hours, minutes, seconds })
    }

    /// As far back as it was forth.
    pub fn back(self) -> Interval {
        Interval {
            years: -self.years,
            months: -self.months,
            days: -self.days,
            hours: -self.hours,
            minutes: -self.minutes,
            seconds: -self.seconds,
        }
    }

    /// The moment moved; a day that its month has not is one of the next month. None where numbers
    /// end.
    pub fn added_to(&self, moment: i64) -> Option<i64> {
        let (seconds, part) = (moment.div_euclid(SECOND), moment.rem_euclid(SECOND));
        let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let months = year.checked_add(self.years)?.checked_mul(12)?.checked_add(month - 1)?;
        let months = months.checked_add(self.months)?;
        let year = months.div_euclid(12);
        if year.abs() > 1_000_000 {
            return None;
        }
        let days = days_from_civil(year, months.rem_euclid(12) + 1)
            .checked_add(day - 1)?
            .checked_add(self.days)?;
        let clock = clock
            .checked_add(self.hours.checked_mul(3600)?)?
            .checked_add(self.minutes.checked_mul(60)?)?
            .checked_add(self.seconds)?;
        days.checked_mul(86_400)?.checked_add(clock)?.checked_mul(SECOND)?.checked_add(part)
    }
}

/// Numbers before their letters, in the letters' order.
fn parts(text: &str, letters: [char; 3]) -> Option<[i64; 3]> {
    let mut numbers = [0; 3];
    let mut rest = text;
    for (number, letter) in numbers.iter_mut().zip(letters) {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        let (before, from) = rest.split_at(digits);
        if let Some(behind) = from.strip_prefix(letter)
            && !before.is_empty()
        {
            *number = before.parse().ok()?;
            rest = behind;
        }
    }
    rest.is_empty().then_some(numbers)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn date(&mut self) -> Option<(i64, i64, i64)> {
        let year = self.digits(4)?;
        self.sign('-')?;
        let month = self.digits(2)?;
        self.sign('-')?;
        Some((year, month, self.digits(2)?))
    }

    /// Behind a `T` or a blank.
    fn clock(&mut self) -> Option<(i64, i64, i64)> {
        self.sign('T').or_else(|| self.sign(' '))?;
        let hour = self.digits(2)?;
        self.sign(':')?;
        let minute = self.digits(2)?;
        self.sign(':')?;
        Some((hour, minute, self.digits(2)?))
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let all = digits.bytes().all(|digit| digit.is_ascii_digit());
        let value = digits.parse().ok().filter(|_| all)?;
        self.rest = rest;
        Some(value)
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    /// `.25` in microseconds; what is finer is cut off.
    fn fraction(&mut self) -> Option<i64> {
        if self.sign('.').is_none() {
            return Some(0);
        }
        let end = self.rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let six: String = digits.chars().chain("000000".chars()).take(6).collect();
        six.parse().ok().filter(|_| !digits.is_empty())
    }

    /// `Z`, `+08:00`, `+08` in seconds; nothing is none.
    fn offset(&mut self) -> Option<Option<i64>> {
        match self.rest {
            "" => return Some(None),
            "Z" => return Some(Some(0)),
            _ => {}
        }
        let sign = if self.sign('-').is_some() { -1 } else { 1 };
        if sign == 1 {
            self.sign('+')?;
        }
        let hours = self.digits(2)?;
        let minutes = match self.sign(':') {
            Some(()) => self.digits(2).filter(|minutes| *minutes < 60)?,
            None => 0,
        };
        self.rest.is_empty().then_some(Some(sign * (hours * 3600 + minutes * 60)))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the first of a month (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day since 1970.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::UTC;

    fn moment(text: &str) -> Result<i64, String> {
        super::moment(text, UTC)
    }

    // seconds as `date -u -d … +%s` of GNU coreutils tells them
    #[test]
    fn moments_are_those_of_the_calendar() {
        let seconds = |text: &str| moment(text).unwrap() / SECOND;
        assert_eq!(seconds("2025-01-01T00:00:00Z"), 1_735_689_600);
        assert_eq!(seconds("2024-02-29 23:59:59+08:00"), 1_709_222_399);
        assert_eq!(seconds("1969-12-31T23:59:59-01"), 3599);
        assert_eq!(seconds("1900-03-01 12:00:00"), -2_203_848_000);
        assert_eq!(moment("1970-01-01T00:00:00.25Z"), Ok(250_000));
        for whole in ["2025-01-02T03:04:05Z", "1900-03-01T12:00:00Z", "1969-12-31T23:59:59.5Z"] {
            assert_eq!(shown(moment(whole).unwrap(), UTC).unwrap().to_string(), whole);
        }
        for wrong in [
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01",
            "yesterday",
            "2025-01-01T00:00:00+99:00",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00Zulu",
            "表",
        ] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_zone_says_which_moment_is_meant_and_how_it_is_shown() {
        for (zone, text, in_utc, in_zone) in [
            (
                "Asia/Shanghai",
                "2025-01-01 00:00:00",
                "2024-12-31T16:00:00Z",
                "2025-01-01T00:00:00+08:00",
            ),
            (
                "America/New_York",
                "2025-07-01T00:00:00.5",
                "2025-07-01T04:00:00.5Z",
                "2025-07-01T00:00:00.5-04:00",
            ),
            (
                "Asia/Kolkata",
                "2025-07-01T00:00:00Z",
                "2025-07-01T00:00:00Z",
                "2025-07-01T05:30:00+05:30",
            ),
            (
                "Europe/London",
                "2025-01-01 00:00:00",
                "2025-01-01T00:00:00Z",
                "2025-01-01T00:00:00Z",
            ),
        ] {
            let moment = super::moment(text, zone).unwrap();
            assert_eq!(shown(moment, UTC).unwrap().to_string(), in_utc, "{zone} {text}");
            assert_eq!(shown(moment, zone).unwrap().to_string(), in_zone, "{zone} {text}");
        }
        assert!(super::moment("2025-01-01 00:00:00", "Nowhere").is_err());
        assert!(shown(0, "Nowhere").is_none());
    }

    #[test]
    fn intervals_move_by_the_calendar() {
        let moved = |from: &str, by: &str, back: bool| {
            let interval = Interval::parse(by).unwrap();
            let interval = if back { interval.back() } else { interval };
            interval.added_to(moment(from).unwrap()).unwrap()
        };
        for (from, by, back, to) in [
            ("2025-01-31T10:00:00Z", "P1M", false, "2025-03-03T10:00:00Z"),
            ("2024-02-29T00:00:00Z", "P1Y", false, "2025-03-01T00:00:00Z"),
            ("2025-01-01T00:30:00Z", "PT1H", true, "2024-12-31T23:30:00Z"),
            ("2025-01-15T00:00:00Z", "P1Y2M3DT4H5M6S", false, "2026-03-18T04:05:06Z"),
            ("1969-12-31T23:59:59.5Z", "PT1S", false, "1970-01-01T00:00:00.5Z"),
            ("2025-03-01T00:00:00Z", "P14M", true, "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(moved(from, by, back), moment(to).unwrap(), "{from} {by}");
        }
        for days in (-800_000..800_000).step_by(997) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month) + day - 1, days);
        }
        for wrong in ["", "1D", "P1H", "PT1D", "P1DT1H2", "P-1D", "P1D1Y"] {
            assert!(Interval::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Interval { years: i64::MAX, ..Interval::default() }.added_to(0), None);
    }
}
