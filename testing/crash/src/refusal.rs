//! What a refusal must look like: a status, and one sentence with the culprit and the remedy.

use simpleipc::{Error, Status};

/// Panics unless `outcome` is an error of this status whose sentence says each of `words`.
#[track_caller]
pub fn refused<T>(outcome: Result<T, Error>, status: Status, words: &[&str]) {
    let Err(error) = outcome else {
        panic!("was let through, not {status:?}")
    };
    assert_eq!(error.status(), status, "{error}");
    let sentence = error.to_string();
    for word in words {
        assert!(
            sentence.contains(word),
            "{sentence:?} does not say {word:?}"
        );
    }
}
