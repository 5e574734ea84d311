//! Commands of the product, as 64 callers give them.

use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Context, Db};
use althing_decisions::session::Home;
use althing_decisions::session::commands::{ChangeSession, CreateSession};
use althing_events::{SessionId, UserId};

use crate::figure::total_of;

pub const CALLERS: usize = 64;

/// Whether the product's own subscriptions take part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Subscriptions {
    Running,
    Absent,
}

/// Renames of sessions through the backbone.
pub struct Product {
    pub backbone: Backbone,
    sessions: Vec<SessionId>,
    user: UserId,
}

impl Product {
    pub async fn start(db: Db, subscriptions: Subscriptions) -> anyhow::Result<Self> {
        let module = althing_decisions::module();
        let parts = module.into_parts();
        for migrations in &parts.migrations {
            migrations
                .apply(&db, althing_backbone::Clock::system().now())
                .await?;
        }
        let builder = match subscriptions {
            Subscriptions::Running => Backbone::builder(db).subscribe_all(parts.subscriptions),
            Subscriptions::Absent => Backbone::builder(db),
        };
        let backbone = builder.start().await?;
        let user = UserId(backbone.ids().next());
        let mut sessions = Vec::new();
        for _ in 0..CALLERS {
            let command = CreateSession {
                home: Home::PRIVATE,
                owner_id: user,
                title: "Where to live".into(),
                description: None,
            };
            let context = Context::of_actor(user.0, backbone.ids().next());
            sessions.push(backbone.execute(context, &command).await?.value.id);
        }
        Ok(Self {
            backbone,
            sessions,
            user,
        })
    }

    /// Lets the subscriptions catch up, so that what one slice left to them disturbs
    /// no other; answers how long that took.
    pub async fn rest(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        self.backbone.settled(Duration::from_secs(60)).await?;
        Ok(begun.elapsed())
    }

    /// Renames by all callers at once; how many were done.
    pub async fn slice(&self, length: Duration) -> anyhow::Result<u64> {
        let until = Instant::now() + length;
        let callers = self.sessions.iter().map(|session| {
            let (backbone, session, user) = (self.backbone.clone(), *session, self.user);
            async move {
                let mut done = 0u64;
                while Instant::now() < until {
                    let command = ChangeSession {
                        session_id: session,
                        user_id: user,
                        title: Some(format!("Where to live {done} {}", until.elapsed().as_nanos())),
                        description: None,
                    };
                    let context = Context::of_actor(user.0, backbone.ids().next());
                    backbone.execute(context, &command).await?;
                    done += 1;
                }
                anyhow::Ok(done)
            }
        });
        total_of(callers).await
    }
}
