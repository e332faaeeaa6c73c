//! Edits of a tape that keep its shape: an answer is taken as a protobuf message, one of its fields
//! is changed, repeated, nested or dropped, and the lengths around it are right again.

use super::tape::{Kind, Tape};

/// Numbers from a seed (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u32) -> Random {
        Random(u64::from(seed) << 1 | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

#[derive(Clone)]
enum Value {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    Bytes(Vec<u8>),
    Message(Fields),
}

type Fields = Vec<(u64, Value)>;

/// Changes one thing of a tape. `mutate` is libFuzzer's own hand on plain bytes.
pub fn edit(tape: &mut Tape, random: &mut Random, mutate: impl Fn(&mut Vec<u8>)) {
    let count = tape.answers.len();
    if count == 0 || random.below(20) == 0 {
        let mut cell = std::mem::take(&mut tape.cell).into_bytes();
        mutate(&mut cell);
        tape.cell = String::from_utf8_lossy(&cell).into_owned();
        return;
    }
    let at = random.below(count);
    match random.below(24) {
        0 => {
            tape.answers.remove(at);
        }
        1 => {
            let again = tape.answers[at].clone();
            tape.answers.insert(random.below(count), again);
        }
        2 => {
            tape.answers[at].kind =
                random.one_of(&[Kind::Reply, Kind::Status, Kind::Cut, Kind::Raw, Kind::Never]);
        }
        3 => {
            tape.answers[at].kind = Kind::Status;
            tape.answers[at].body = vec![random.below(18) as u8];
            let words: &[u8] = random.one_of(&[
                b"upstream connect error",
                b"",
                b"404 page not found",
                b"rate limit exceeded",
                b"collection not loaded",
            ]);
            tape.answers[at].body.extend_from_slice(words);
        }
        4 | 5 => mutate(&mut tape.answers[at].body),
        _ => {
            let other = tape.answers[random.below(count)].body.clone();
            let answer = &mut tape.answers[at];
            answer.kind = Kind::Reply;
            let mut fields = parse(&answer.body, 0).unwrap_or_default();
            let other = parse(&other, 0).unwrap_or_default();
            for _ in 0..1 + random.below(3) {
                change(&mut fields, &other, random);
            }
            answer.body.clear();
            write(&fields, &mut answer.body);
        }
    }
}

fn change(fields: &mut Fields, other: &Fields, random: &mut Random) {
    let total = count(fields);
    if total == 0 {
        *fields = other.clone();
        return;
    }
    let mut at = random.below(total);
    let (parent, index) = find(fields, &mut at).expect("it is one of them");
    match random.below(8) {
        0 => {
            parent.remove(index);
        }
        1 => {
            let field = parent[index].clone();
            let times = random.one_of(&[1, 2, 3, 16, 64, 300]);
            parent.splice(index..index, std::iter::repeat_n(field, times));
        }
        2 => {
            // the whole message inside itself
            let tag = parent[index].0;
            for _ in 0..random.one_of(&[1, 2, 10, 60, 120, 300]) {
                let inner = parent.clone();
                if count(&inner) > 2_000 {
                    break;
                }
                *parent = vec![(tag, Value::Message(inner))];
            }
        }
        3 => {
            let total = count(other);
            if total > 0 {
                let mut other = other.clone();
                let mut from = random.below(total);
                let (theirs, from) = find(&mut other, &mut from).expect("it is one of them");
                parent[index].1 = theirs[from].1.clone();
            }
        }
        4 => parent[index].0 = random.one_of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 100]),
        _ => revalue(&mut parent[index].1, random),
    }
}

fn revalue(value: &mut Value, random: &mut Random) {
    const NUMBERS: [u64; 18] = [
        0,
        1,
        2,
        7,
        21,
        22,
        23,
        100,
        101,
        104,
        1 << 20,
        1 << 31,
        (1 << 31) - 1,
        1 << 32,
        1 << 62,
        i64::MAX as u64,
        i64::MIN as u64,
        u64::MAX,
    ];
    const TEXTS: [&str; 12] = [
        "",
        "0",
        "-1",
        "4294967296",
        "9223372036854775807",
        "18446744073709551616",
        "1e999",
        "nan",
        "\u{202e}\u{1b}[31m\u{0}",
        "{\"a\": 12345678901234567890123}",
        "L2",
        "$meta",
    ];
    match value {
        Value::Varint(number) => {
            *number = match random.below(4) {
                0 => random.below(256) as u64,
                _ => random.one_of(&NUMBERS),
            }
        }
        Value::Eight(bytes) => *bytes = random.one_of(&[[0; 8], [0xff; 8], [0x7f; 8]]),
        Value::Four(bytes) => *bytes = random.one_of(&[[0; 4], [0xff; 4], [0x7f; 4]]),
        Value::Message(_) => *value = Value::Bytes(Vec::new()),
        Value::Bytes(bytes) => {
            *bytes = match random.below(6) {
                // packed numbers, or what is none
                0 => vec![random.one_of(&[0, 1, 0x7f, 0x80, 0xff]); random.below(3_000)],
                1 => "[".repeat(random.one_of(&[10, 127, 128, 5_000])).into_bytes(),
                2 => "{\"a\":".repeat(random.one_of(&[10, 127, 128, 5_000])).into_bytes(),
                3 => {
                    let mut packed = Vec::new();
                    for _ in 0..random.below(200) {
                        varint(random.one_of(&NUMBERS), &mut packed);
                    }
                    packed
                }
                _ => random.one_of(&TEXTS).as_bytes().to_vec(),
            }
        }
    }
}

fn count(fields: &Fields) -> usize {
    fields
        .iter()
        .map(|(_, value)| match value {
            Value::Message(inner) => 1 + count(inner),
            Value::Varint(_) | Value::Eight(_) | Value::Four(_) | Value::Bytes(_) => 1,
        })
        .sum()
}

/// The `at`th field of a message and of those in it.
fn find<'a>(fields: &'a mut Fields, at: &mut usize) -> Option<(&'a mut Fields, usize)> {
    let mut inside = None;
    for (index, (_, value)) in fields.iter().enumerate() {
        if *at == 0 {
            return Some((fields, index));
        }
        *at -= 1;
        if let Value::Message(inner) = value {
            let below = count(inner);
            if *at < below {
                inside = Some(index);
                break;
            }
            *at -= below;
        }
    }
    match &mut fields[inside?].1 {
        Value::Message(inner) => find(inner, at),
        _ => None,
    }
}

/// A message's fields, if the bytes can be one; a length-delimited field that can be one is taken
/// for one.
fn parse(mut from: &[u8], depth: usize) -> Option<Fields> {
    if depth > 12 {
        return None;
    }
    let mut fields = Vec::new();
    while !from.is_empty() {
        let key = read(&mut from)?;
        let take = |from: &mut &[u8], length: usize| {
            let (taken, rest) = from.split_at_checked(length)?;
            *from = rest;
            Some(taken.to_vec())
        };
        if !(1..4_096).contains(&(key >> 3)) {
            return None;
        }
        let value = match key & 7 {
            0 => Value::Varint(read(&mut from)?),
            1 => Value::Eight(take(&mut from, 8)?.try_into().ok()?),
            2 => {
                let length = usize::try_from(read(&mut from)?).ok()?;
                let bytes = take(&mut from, length)?;
                match parse(&bytes, depth + 1) {
                    Some(inner) if !inner.is_empty() => Value::Message(inner),
                    _ => Value::Bytes(bytes),
                }
            }
            5 => Value::Four(take(&mut from, 4)?.try_into().ok()?),
            _ => return None,
        };
        fields.push((key >> 3, value));
    }
    Some(fields)
}

fn write(fields: &Fields, out: &mut Vec<u8>) {
    for (tag, value) in fields {
        let key = |wire: u64| tag << 3 | wire;
        match value {
            Value::Varint(number) => {
                varint(key(0), out);
                varint(*number, out);
            }
            Value::Eight(bytes) => {
                varint(key(1), out);
                out.extend_from_slice(bytes);
            }
            Value::Four(bytes) => {
                varint(key(5), out);
                out.extend_from_slice(bytes);
            }
            Value::Bytes(bytes) => {
                varint(key(2), out);
                varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
            Value::Message(inner) => {
                let mut bytes = Vec::new();
                write(inner, &mut bytes);
                varint(key(2), out);
                varint(bytes.len() as u64, out);
                out.append(&mut bytes);
            }
        }
    }
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
