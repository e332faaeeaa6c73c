//! Moments as texts of a format: `strftime('%Y-%m', x)` as SQLite and MySQL have it, `to_char(x,
//! 'YYYY-MM')` as PostgreSQL.

use super::mismatch;
use super::times::Moment;
use crate::diagnostic::{Result, Span};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn month(moment: Moment) -> &'static str {
    usize::try_from(moment.month() - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"")
}

fn day(moment: Moment) -> &'static str {
    usize::try_from(moment.day_of_week()).ok().and_then(|at| DAYS.get(at)).unwrap_or(&"")
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// From 1 to 12.
fn of_half_day(moment: Moment) -> i64 {
    (moment.hour() + 11) % 12 + 1
}

fn half_day(moment: Moment) -> &'static str {
    if moment.hour() < 12 { "AM" } else { "PM" }
}

pub(super) fn strftime(format: &str, moment: Moment, span: Span) -> Result<String> {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        let date = moment.date();
        let time = || format!("{:02}:{:02}", moment.hour(), moment.minute());
        out.push_str(&match chars.next() {
            Some('Y') => format!("{:04}", moment.year()),
            Some('m') => format!("{:02}", moment.month()),
            Some('d') => format!("{:02}", moment.day_of_month()),
            Some('e') => format!("{:2}", moment.day_of_month()),
            Some('H') => format!("{:02}", moment.hour()),
            Some('I') => format!("{:02}", of_half_day(moment)),
            Some('M') => format!("{:02}", moment.minute()),
            Some('S') => format!("{:02}", moment.second()),
            Some('f') => format!("{:02}.{:03}", moment.second(), moment.micro() / 1000),
            Some('j') => format!("{:03}", moment.day_of_year()),
            Some('w') => moment.day_of_week().to_string(),
            Some('u') => ((moment.day_of_week() + 6) % 7 + 1).to_string(),
            Some('s') => moment.whole_seconds().to_string(),
            Some('F') => date,
            Some('T') => format!("{}:{:02}", time(), moment.second()),
            Some('R') => time(),
            Some('p') => half_day(moment).to_string(),
            Some('B') => month(moment).to_string(),
            Some('b') => short(month(moment)).to_string(),
            Some('A') => day(moment).to_string(),
            Some('a') => short(day(moment)).to_string(),
            Some('%') => "%".to_string(),
            other => {
                let what = other.map_or("%".to_string(), |other| format!("%{other}"));
                return Err(mismatch(format!("`{what}` is no part of a format here"), span).help(
                    "there are %Y %m %d %e %H %I %M %S %f %j %w %u %s %F %T %R %p %B %b %A",
                ));
            }
        });
    }
    Ok(out)
}

/// What is written for a word.
type Part = (&'static str, fn(Moment) -> String);

/// The parts of `to_char`, none of which begins another that stands behind it.
const PARTS: [Part; 20] = [
    ("YYYY", |moment| format!("{:04}", moment.year())),
    ("YY", |moment| format!("{:02}", moment.year() % 100)),
    ("MONTH", |moment| month(moment).to_uppercase()),
    ("Month", |moment| month(moment).to_string()),
    ("MON", |moment| short(month(moment)).to_uppercase()),
    ("Mon", |moment| short(month(moment)).to_string()),
    ("MM", |moment| format!("{:02}", moment.month())),
    ("MI", |moment| format!("{:02}", moment.minute())),
    ("MS", |moment| format!("{:03}", moment.micro() / 1000)),
    ("DDD", |moment| format!("{:03}", moment.day_of_year())),
    ("DD", |moment| format!("{:02}", moment.day_of_month())),
    ("Day", |moment| day(moment).to_string()),
    ("Dy", |moment| short(day(moment)).to_string()),
    ("HH24", |moment| format!("{:02}", moment.hour())),
    ("HH12", |moment| format!("{:02}", of_half_day(moment))),
    ("HH", |moment| format!("{:02}", of_half_day(moment))),
    ("SS", |moment| format!("{:02}", moment.second())),
    ("US", |moment| format!("{:06}", moment.micro())),
    ("AM", |moment| half_day(moment).to_string()),
    ("Q", |moment| ((moment.month() + 2) / 3).to_string()),
];

/// Letters that are no part of a moment stand in double quotes.
pub(super) fn to_char(moment: Moment, format: &str, span: Span) -> Result<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(char) = rest.chars().next() {
        let is_it = |(part, _): &&Part| rest.starts_with(part);
        if let Some((part, of)) = PARTS.iter().find(is_it) {
            out.push_str(&of(moment));
            rest = rest.get(part.len()..).unwrap_or_default();
            continue;
        }
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        if char == '"' {
            let (quoted, behind) = rest.split_once('"').unwrap_or((rest, ""));
            out.push_str(quoted);
            rest = behind;
        } else if char.is_alphabetic() {
            return Err(mismatch(format!("`{char}` is no part of a format here"), span).help(
                "there are YYYY YY MM Mon Month DD DDD Dy Day HH24 HH12 MI SS MS US AM Q; other \
                 letters stand in double quotes",
            ));
        } else {
            out.push(char);
        }
    }
    Ok(out)
}
