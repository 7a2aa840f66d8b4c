//! Other gateways, to which the same vendors speak.

use std::time::Duration;

use super::replay::Heard;

/// What other gateways are told of deliveries: each by its signature, as it is remembered here.
pub trait Others {
    /// Takes a delivery on before it is acted on. `false`: another gateway has, now or before; true as well where nobody can
    /// be asked.
    fn take_on(&self, signature: &[u8]) -> bool;
    /// It was acted on, and can come again for so long.
    fn is_done(&self, signature: &[u8], keep: Duration);
    /// It was not acted on: whoever hears it next may.
    fn give_back(&self, signature: &[u8]);
}

/// A delivery that was taken on. Unless it is acted on it is let go of, here and elsewhere: the vendor sends it again.
pub(super) struct TakenOn<'h> {
    signature: Vec<u8>,
    keep: Duration,
    heard: &'h Heard,
    others: &'h dyn Others,
    is_done: bool,
}

impl<'h> TakenOn<'h> {
    /// Of a delivery that is new here. `None`: another gateway has it. `keep` is how long it could be accepted again.
    pub fn new(signature: Vec<u8>, keep: Duration, heard: &'h Heard, others: &'h dyn Others) -> Option<TakenOn<'h>> {
        if !others.take_on(&signature) {
            // Should it come to nothing there, it may be heard here.
            heard.forget(&signature);
            return None;
        }
        Some(TakenOn { signature, keep, heard, others, is_done: false })
    }

    pub fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for TakenOn<'_> {
    fn drop(&mut self) {
        if self.is_done {
            self.others.is_done(&self.signature, self.keep);
        } else {
            self.heard.forget(&self.signature);
            self.others.give_back(&self.signature);
        }
    }
}
