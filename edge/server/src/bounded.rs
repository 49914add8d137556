use std::collections::VecDeque;

use tokio::task::AbortHandle;

/// A limited number of running tasks, of which an additional one aborts the oldest, so that idle connections never keep
/// new ones out.
pub(crate) struct Bounded {
    most: usize,
    running: VecDeque<AbortHandle>,
}

impl Bounded {
    pub(crate) fn new(most: usize) -> Self {
        Bounded { most, running: VecDeque::new() }
    }

    /// Runs a task until it ends, or is the oldest of too many.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.retain(|task| !task.is_finished());
        while self.running.len() >= self.most
            && let Some(oldest) = self.running.pop_front()
        {
            oldest.abort();
        }
        self.running.push_back(tokio::spawn(task).abort_handle());
    }
}
