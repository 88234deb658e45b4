use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whatever became of other threads: what these guard is whole between any two statements.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
