//! Time zones by their IANA names. Which zone is how far from UTC at which moment takes a table
//! that every host has already: the system's natively; of a page the browser's, which whoever opens
//! the engine there gives it by `provide`.

use milvus_proto::common::KeyValuePair;

use crate::error::{Error, Result};
use crate::schema::param;

pub const UTC: &str = "UTC";

/// The key of the property and of the parameter.
const KEY: &str = "timezone";

/// How many seconds a zone is ahead of UTC at a moment, in seconds since 1970; none of a zone that
/// is not there.
pub type Offset = fn(zone: &str, seconds: i64) -> Option<i64>;

#[cfg(target_arch = "wasm32")]
static HOST: std::sync::OnceLock<Offset> = std::sync::OnceLock::new();

/// Gives the engine the zones of its host; until then, there is none but UTC.
#[cfg(target_arch = "wasm32")]
pub fn provide(offset: Offset) {
    let _ = HOST.set(offset);
}

#[cfg(target_arch = "wasm32")]
fn host(zone: &str, seconds: i64) -> Option<i64> {
    HOST.get().and_then(|offset| offset(zone, seconds))
}

#[cfg(not(target_arch = "wasm32"))]
fn host(zone: &str, seconds: i64) -> Option<i64> {
    use jiff::Timestamp;
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    Some(zone.to_offset(Timestamp::from_second(seconds).ok()?).seconds().into())
}

/// How many seconds a zone is ahead of UTC at a moment.
pub fn offset(zone: &str, seconds: i64) -> Option<i64> {
    match zone {
        UTC | "Etc/UTC" => Some(0),
        // a browser takes `+08:00` as well
        _ if zone.starts_with(|first: char| first.is_ascii_alphabetic()) => host(zone, seconds),
        _ => None,
    }
}

/// The moment at which the clocks of a zone show a time, in seconds since 1970. Of a time that they
/// show twice or pass over, one that Go's library takes, and so Milvus.
pub fn moment(zone: &str, shown: i64) -> Option<i64> {
    let first = shown.checked_sub(offset(zone, shown)?)?;
    shown.checked_sub(offset(zone, first)?)
}

/// Refuses a property that names no zone.
pub fn check(properties: &[KeyValuePair]) -> Result<()> {
    match param(properties, KEY) {
        Some(zone) if offset(zone, 0).is_none() => Err(unknown(zone)),
        _ => Ok(()),
    }
}

/// The zone of a collection.
pub fn of(properties: &[KeyValuePair]) -> &str {
    param(properties, KEY).filter(|zone| !zone.is_empty()).unwrap_or(UTC)
}

/// The zone that a request asks for, or else its collection's.
pub fn asked<'a>(params: &'a [KeyValuePair], properties: &'a [KeyValuePair]) -> Result<&'a str> {
    match param(params, KEY).filter(|zone| !zone.is_empty()) {
        Some(zone) if offset(zone, 0).is_none() => Err(unknown(zone)),
        Some(zone) => Ok(zone),
        None => Ok(of(properties)),
    }
}

/// A new collection's properties: it takes the zone of its database where it names none.
pub fn inherit(properties: &mut Vec<KeyValuePair>, database: &[KeyValuePair]) {
    if param(properties, KEY).is_none() {
        properties.extend(database.iter().find(|pair| pair.key == KEY).cloned());
    }
}

fn unknown(zone: &str) -> Error {
    Error::invalid(format!("unknown or invalid IANA Time Zone ID: {zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // as `date --date='TZ="…" …' +%s` of GNU coreutils tells them
    #[test]
    fn clocks_show_what_the_zone_has() {
        assert_eq!(offset("Asia/Shanghai", 1_735_660_800), Some(28_800));
        assert_eq!(offset("America/New_York", 1_735_660_800), Some(-18_000));
        assert_eq!(offset("America/New_York", 1_751_328_000), Some(-14_400));
        assert_eq!(offset("Europe/London", i64::MIN), offset("Europe/London", -62_000_000_000));
        assert_eq!(moment("Asia/Shanghai", 1_735_689_600), Some(1_735_660_800));
        // 2025-03-09 02:30 is passed over in New York, 2025-11-02 01:30 is there twice
        assert_eq!(moment("America/New_York", 1_741_487_400), Some(1_741_501_800));
        assert_eq!(moment("America/New_York", 1_762_047_000), Some(1_762_061_400));
        for wrong in ["", "Nowhere", "+08:00", "../etc/passwd", "Asia", "表"] {
            assert_eq!(offset(wrong, 0), None, "{wrong}");
        }
    }
}
