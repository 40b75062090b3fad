//! When something is to be noted: the kubelet of each node takes its points at instants of its own, and the plant does not
//! stop there. It serves on to the end of its step, and what had been used at the instant lies between.

/// What is to be noted, by node.
#[derive(Debug)]
pub(super) struct Notes {
    due: Vec<u64>,
    /// The first that is due.
    first: u64,
}

impl Default for Notes {
    fn default() -> Self {
        Notes { due: Vec::new(), first: u64::MAX }
    }
}

impl Notes {
    /// At an instant in nanoseconds the stations of a node are to be noted.
    pub(super) fn add(&mut self, node: usize, at: u64) {
        if self.due.len() <= node {
            self.due.resize(node + 1, u64::MAX);
        }
        self.due[node] = at;
        self.first = self.first.min(at);
    }

    /// Whether anything is due up to `end`.
    #[inline]
    pub(super) fn is_due(&self, end: u64) -> bool {
        self.first <= end
    }

    /// The nodes that are due up to `end`, and when; they are done with.
    pub(super) fn take(&mut self, end: u64, mut note: impl FnMut(usize, u64)) {
        self.first = u64::MAX;
        for (node, due) in self.due.iter_mut().enumerate() {
            if *due <= end {
                note(node, std::mem::replace(due, u64::MAX));
            } else {
                self.first = self.first.min(*due);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_is_noted_once() {
        let mut notes = Notes::default();
        notes.add(1, 30);
        notes.add(0, 20);
        assert!(!notes.is_due(19) && notes.is_due(20));
        let mut seen = Vec::new();
        notes.take(25, |node, at| seen.push((node, at)));
        assert_eq!(seen, [(0, 20)]);
        assert!(!notes.is_due(29));
        notes.take(40, |node, at| seen.push((node, at)));
        assert_eq!(seen, [(0, 20), (1, 30)]);
        assert!(!notes.is_due(u64::MAX - 1));
    }
}
