//! Fields and batches as bytes, little-endian, and back; bytes that are neither are refused.

use crate::{Batch, Column, Field, Lists, Malformed, Values};

/// Lists within lists.
const DEEPEST: usize = 16;

impl Field {
    pub fn to_bytes(fields: &[Field]) -> Vec<u8> {
        let mut out = Vec::new();
        count(fields.len(), &mut out);
        for field in fields {
            block(field.name.as_bytes(), &mut out);
            block(field.declared.as_deref().unwrap_or_default().as_bytes(), &mut out);
            out.push(match field.has_null {
                None => 0,
                Some(false) => 1,
                Some(true) => 2,
            });
            out.push(u8::from(field.is_key));
        }
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Vec<Field>, Malformed> {
        let mut input = Input(bytes);
        let fields = (0..input.count()?).map(|_| {
            let name = input.text()?;
            let declared = Some(input.text()?).filter(|declared| !declared.is_empty());
            let has_null = match input.byte()? {
                0 => None,
                known => Some(known > 1),
            };
            Ok(Field { name, declared, has_null, is_key: input.byte()? > 0 })
        });
        fields.collect()
    }
}

impl Batch {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.columns.iter().map(Column::size).sum());
        count(self.rows, &mut out);
        count(self.columns.len(), &mut out);
        self.columns.iter().for_each(|column| column.write(&mut out));
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Batch, Malformed> {
        let mut input = Input(bytes);
        let rows = input.count()?;
        let columns: Vec<Column> =
            (0..input.count()?).map(|_| input.column(0)).collect::<Result<_, _>>()?;
        match columns.iter().all(|column| column.len() == rows) {
            true => Ok(Batch { rows, columns }),
            false => Err(Malformed),
        }
    }
}

impl Column {
    fn write(&self, out: &mut Vec<u8>) {
        bools(&self.nulls, out);
        match &self.values {
            Values::Nulls(rows) => {
                out.push(0);
                count(*rows, out);
            }
            Values::Bools(values) => {
                out.push(1);
                bools(values, out);
            }
            Values::Ints(values) => {
                out.push(2);
                numbers(values, i64::to_le_bytes, out);
            }
            Values::Floats(values) => {
                out.push(3);
                numbers(values, f32::to_le_bytes, out);
            }
            Values::Doubles(values) => {
                out.push(4);
                numbers(values, f64::to_le_bytes, out);
            }
            Values::Texts(lists) => texts(5, lists, out),
            Values::Json(lists) => texts(6, lists, out),
            Values::Bytes(lists) => texts(7, lists, out),
            Values::List(ends, items) => {
                out.push(8);
                numbers(ends, u32::to_le_bytes, out);
                items.write(out);
            }
        }
    }
}

fn count(number: usize, out: &mut Vec<u8>) {
    out.extend((number as u32).to_le_bytes());
}

fn block(bytes: &[u8], out: &mut Vec<u8>) {
    count(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn bools(values: &[bool], out: &mut Vec<u8>) {
    count(values.len(), out);
    out.extend(values.iter().map(|value| u8::from(*value)));
}

fn texts(kind: u8, lists: &Lists<u8>, out: &mut Vec<u8>) {
    out.push(kind);
    numbers(&lists.ends, u32::to_le_bytes, out);
    block(&lists.items, out);
}

fn numbers<T: Copy, const N: usize>(values: &[T], bytes: fn(T) -> [u8; N], out: &mut Vec<u8>) {
    count(values.len(), out);
    out.reserve(values.len() * N);
    values.iter().for_each(|value| out.extend_from_slice(&bytes(*value)));
}

/// What is not read yet.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn count(&mut self) -> Result<usize, Malformed> {
        let (bytes, rest) = self.0.split_first_chunk::<4>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*bytes) as usize)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<String, Malformed> {
        let length = self.count()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| Malformed)
    }

    fn bools(&mut self) -> Result<Vec<bool>, Malformed> {
        let length = self.count()?;
        Ok(self.take(length)?.iter().map(|byte| *byte > 0).collect())
    }

    fn numbers<T, const N: usize>(
        &mut self,
        number: fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Malformed> {
        let length = self.count()?.checked_mul(N).ok_or(Malformed)?;
        let (chunks, _) = self.take(length)?.as_chunks::<N>();
        Ok(chunks.iter().map(|chunk| number(*chunk)).collect())
    }

    /// Where lists end among so many items.
    fn ends(&mut self) -> Result<Vec<u32>, Malformed> {
        let ends = self.numbers(u32::from_le_bytes)?;
        if ends.is_sorted() { Ok(ends) } else { Err(Malformed) }
    }

    fn lists(&mut self) -> Result<Lists<u8>, Malformed> {
        let ends = self.ends()?;
        let length = self.count()?;
        let items = self.take(length)?.to_vec();
        match ends.last().is_none_or(|end| *end as usize == length) {
            true => Ok(Lists { ends, items }),
            false => Err(Malformed),
        }
    }

    fn column(&mut self, depth: usize) -> Result<Column, Malformed> {
        let nulls = self.bools()?;
        let values = match self.byte()? {
            0 => Values::Nulls(self.count()?),
            1 => Values::Bools(self.bools()?),
            2 => Values::Ints(self.numbers(i64::from_le_bytes)?),
            3 => Values::Floats(self.numbers(f32::from_le_bytes)?),
            4 => Values::Doubles(self.numbers(f64::from_le_bytes)?),
            5 => Values::Texts(self.lists()?),
            6 => Values::Json(self.lists()?),
            7 => Values::Bytes(self.lists()?),
            8 if depth < DEEPEST => {
                let ends = self.ends()?;
                let items = self.column(depth + 1)?;
                if ends.last().is_some_and(|end| *end as usize != items.len()) {
                    return Err(Malformed);
                }
                Values::List(ends, Box::new(items))
            }
            _ => return Err(Malformed),
        };
        let column = Column { nulls, values };
        match column.nulls.is_empty() || column.nulls.len() == column.len() {
            true => Ok(column),
            false => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let texts = |texts: &[&str]| {
            let mut lists = Lists::default();
            texts.iter().for_each(|text| lists.push(text.as_bytes()).unwrap());
            lists
        };
        let floats = Column::new(Values::Floats(vec![0.1, f32::MAX, -0.0]));
        let columns = vec![
            Column::new(Values::Nulls(2)),
            Column::new(Values::Bools(vec![true, false])),
            Column { nulls: vec![false, true], values: Values::Ints(vec![i64::MIN, 0]) },
            Column::new(Values::Doubles(vec![1e300, 2.0])),
            Column::new(Values::Texts(texts(&["表", ""]))),
            Column::new(Values::Json(texts(&["{}", "[1]"]))),
            Column::new(Values::Bytes(texts(&["", "ab"]))),
            Column::new(Values::List(vec![2, 3], Box::new(floats))),
        ];
        let batch = Batch { rows: 2, columns };
        let bytes = batch.to_bytes();
        assert_eq!(Batch::from_bytes(&bytes).as_ref(), Ok(&batch));
        for end in 0..bytes.len() {
            assert_eq!(Batch::from_bytes(&bytes[..end]), Err(Malformed), "{end}");
        }
        let shown: Vec<String> = batch
            .columns
            .iter()
            .map(|column| {
                let mut out = String::new();
                column.json(1, &mut out);
                out
            })
            .collect();
        assert_eq!(shown, ["null", "false", "null", "2.0", "\"\"", "[1]", "[97,98]", "[-0.0]"]);
        let fields = vec![
            Field {
                name: "v".to_string(),
                declared: Some("VECTOR(2)".to_string()),
                has_null: Some(false),
                is_key: false,
            },
            Field { name: String::new(), declared: None, has_null: None, is_key: true },
        ];
        assert_eq!(Field::from_bytes(&Field::to_bytes(&fields)), Ok(fields));
    }
}
