//! The browser's time zones, for the engine: it formats dates in each by its name, and says how far
//! from UTC it was.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::Object;
use wasm_bindgen::prelude::*;

/// The dates that JavaScript has, in seconds since 1970.
const LAST: i64 = 8_640_000_000_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;

    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &JsValue) -> Result<DateTimeFormat, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn format(this: &DateTimeFormat, milliseconds: f64) -> Result<String, JsValue>;
}

thread_local! {
    /// to make one takes long
    static FORMATS: RefCell<HashMap<String, DateTimeFormat>> = RefCell::default();
}

/// How many seconds a zone is ahead of UTC at a moment; none of a zone that is not there.
pub fn offset(zone: &str, seconds: i64) -> Option<i64> {
    FORMATS.with_borrow_mut(|formats| {
        if !formats.contains_key(zone) {
            formats.insert(zone.to_string(), format(zone)?);
        }
        let milliseconds = seconds.clamp(-LAST, LAST) as f64 * 1000.0;
        ahead(&formats.get(zone)?.format(milliseconds).ok()?)
    })
}

fn format(zone: &str) -> Option<DateTimeFormat> {
    let entries = [("timeZone", zone), ("timeZoneName", "longOffset")]
        .map(|(key, value)| [JsValue::from(key), JsValue::from(value)]);
    let entries: js_sys::Array = entries.into_iter().map(js_sys::Array::from_iter).collect();
    DateTimeFormat::new("en-US", &Object::from_entries(&entries).ok()?.into()).ok()
}

/// Of a text such as `1/2/2025, GMT-04:56:02`; `GMT` alone is UTC.
fn ahead(text: &str) -> Option<i64> {
    let (_, offset) = text.split_once("GMT")?;
    let (sign, digits) = match offset.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (-1, digits),
        None => (1, offset.trim_start_matches('+')),
    };
    let mut seconds = 0;
    for (part, unit) in digits.split(':').filter(|part| !part.is_empty()).zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some(sign * seconds)
}
