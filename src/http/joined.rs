//! A body in one piece: what collects it keeps a record for each piece that arrives, and a chunk may be one byte
//! (RFC 9112, section 7.1), so that a body of 64 KiB would take megabytes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Bytes;
use hyper::body::{Body, Frame};

/// Gives all of the body's bytes at its end. The body must have a bound.
pub(super) struct Joined<B> {
    body: B,
    bytes: Vec<u8>,
    ended: bool,
}

impl<B> Joined<B> {
    pub fn new(body: B) -> Self {
        Self {
            body,
            bytes: Vec::new(),
            ended: false,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Joined<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        while !self.ended {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                // Trailers are nobody's here.
                Some(Ok(frame)) => {
                    if let Some(part) = frame.data_ref() {
                        self.bytes.extend_from_slice(part);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.ended = true,
            }
        }
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::{BodyExt as _, Limited, StreamBody};

    use super::*;

    fn bytes_one_by_one(count: usize) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        let frames = (0..count).map(|at| {
            let byte = u8::try_from(at % 251).expect("a byte");
            Ok(Frame::data(Bytes::from(vec![byte])))
        });
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn many_pieces_become_one() {
        let mut joined = Joined::new(bytes_one_by_one(65_536));
        let first = joined.frame().await.expect("a frame").expect("no error");
        let bytes = first.into_data().expect("bytes");
        assert_eq!(bytes.len(), 65_536);
        assert_eq!(bytes[..3], [0, 1, 2]);
        assert!(joined.is_end_stream());
        assert!(joined.frame().await.is_none());
        assert!(Joined::new(bytes_one_by_one(0)).frame().await.is_none());
        let mut limited = Joined::new(Limited::new(bytes_one_by_one(9), 8));
        assert!(limited.frame().await.expect("a frame").is_err());
    }
}
