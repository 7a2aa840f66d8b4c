//! What a stage waits for. Mostly that is one thing, which needs no queue.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;

/// Futures under way.
pub(super) struct Running<'f, T> {
    one: Option<BoxFuture<'f, T>>,
    /// Those that came while there was one.
    more: Option<FuturesUnordered<BoxFuture<'f, T>>>,
}

impl<'f, T> Running<'f, T> {
    /// None so far.
    pub fn new() -> Running<'f, T> {
        Running { one: None, more: None }
    }

    /// One more; it begins when it is next waited for.
    pub fn push(&mut self, future: BoxFuture<'f, T>) {
        match &mut self.one {
            one @ None => *one = Some(future),
            Some(_) => self.more.get_or_insert_with(FuturesUnordered::new).push(future),
        }
    }

    /// What the next one to end made; None: nothing is under way.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(one) = &mut self.one
            && let Poll::Ready(made) = one.poll_unpin(context)
        {
            self.one = None;
            return Poll::Ready(Some(made));
        }
        let more = self.more.as_mut().map_or(Poll::Ready(None), |more| Pin::new(more).poll_next(context));
        match more {
            Poll::Ready(None) if self.one.is_some() => Poll::Pending,
            more => more,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{FutureExt, pending, ready};
    use tokio::sync::oneshot;

    use super::Running;

    #[tokio::test]
    async fn whoever_ends_first_is_told_first_and_nobody_is_forgotten() {
        let mut running = Running::new();
        assert_eq!(running.next().await, None::<u8>);
        let (send, receive) = oneshot::channel();
        running.push(async move { receive.await.unwrap_or(0) }.boxed());
        running.push(ready(2).boxed());
        running.push(ready(3).boxed());
        let first = [running.next().await, running.next().await];
        assert!(first.contains(&Some(2)) && first.contains(&Some(3)));
        assert_eq!(running.next().now_or_never(), None, "one is under way");
        send.send(1).unwrap();
        assert_eq!(running.next().await, Some(1));
        assert_eq!(running.next().await, None);
        running.push(pending().boxed());
        running.push(ready(4).boxed());
        assert_eq!(running.next().await, Some(4));
    }
}
