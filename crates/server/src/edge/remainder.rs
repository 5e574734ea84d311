//! What is left of a body nobody read to its end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use http_body::{Frame, SizeHint};
use tokio::runtime::Handle;

/// More than the largest body any address takes.
const MOST: usize = 64 * 1024 * 1024;
/// Whoever sends more slowly finds the connection closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets a client that was refused before it had sent everything send the rest, so
/// that it comes to read the answer: a connection closed under its hands would be
/// all it ever sees of a 413 or a 401. Who asked before sending is not told to go on.
pub(super) async fn discard(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let watched = request.map(|body| Body::new(Watched(body)));
    next.run(watched).await
}

/// A body that is read to its end once nobody wants it any more.
struct Watched(Body);

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.0.is_end_stream() {
            return;
        }
        let rest = std::mem::take(&mut self.0);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(PATIENCE, read(rest)));
        }
    }
}

/// Throws away what comes, up to the most; the connection closes where more comes.
async fn read(body: Body) {
    let mut pieces = body.into_data_stream();
    let mut sum = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        sum += piece.len();
        if sum > MOST {
            return;
        }
    }
}
