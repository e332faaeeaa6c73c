//! What a statement does, step by step, for EXPLAIN ANALYZE: requests, and what the kernel makes of
//! their rows. Steps of one name are one, with the times of all.

use std::cell::RefCell;

/// One step, or several of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: &'static str,
    pub times: u64,
    /// that came, or that were left
    pub rows: Option<u64>,
    pub ms: f64,
}

/// The steps so far; none where nobody has asked.
#[derive(Default)]
pub(super) struct Steps(RefCell<Option<Vec<Step>>>);

impl Steps {
    pub(super) fn begin(&self) {
        *self.0.borrow_mut() = Some(Vec::new());
    }

    pub(super) fn take(&self) -> Vec<Step> {
        self.0.borrow_mut().take().unwrap_or_default()
    }

    pub(super) fn add(&self, name: &'static str, rows: Option<u64>, ms: f64) {
        let mut steps = self.0.borrow_mut();
        let Some(steps) = steps.as_mut() else { return };
        match steps.iter_mut().find(|step| step.name == name) {
            Some(step) => {
                step.times += 1;
                step.ms += ms;
                step.rows = step.rows.map(|known| known + rows.unwrap_or(0)).or(rows);
            }
            None => steps.push(Step { name, times: 1, rows, ms }),
        }
    }

    /// So many rows came with a request that has been added.
    pub(super) fn rows(&self, name: &'static str, rows: u64) {
        let mut steps = self.0.borrow_mut();
        if let Some(step) = steps.iter_mut().flatten().find(|step| step.name == name) {
            step.rows = Some(step.rows.unwrap_or(0) + rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_one_name_are_one() {
        let steps = Steps::default();
        steps.add("Query", None, 1.0);
        assert!(steps.take().is_empty(), "nobody has asked");
        steps.begin();
        for rows in [3, 4] {
            steps.add("Query", None, 1.5);
            steps.rows("Query", rows);
            steps.add("sort", Some(rows), 1.0);
        }
        let step = |name, ms| Step { name, times: 2, rows: Some(7), ms };
        assert_eq!(steps.take(), [step("Query", 3.0), step("sort", 2.0)]);
    }
}
