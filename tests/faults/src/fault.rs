//! What can go wrong.

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    /// A step ends at an await point: its future is dropped there.
    Kill,
    /// An invocation of another function ends at an await point.
    KillRequest,
    /// Everything ends at an await point: all invocations, all warm memory, all sockets.
    Restart,
    /// A request to a service breaks before it arrives.
    RequestLost,
    /// A request takes effect, and its answer is lost.
    AnswerLost,
    /// All attempts at one operation break before they arrive.
    CallLost,
    /// All attempts at one operation take effect, and no answer arrives.
    CallUnanswered,
    /// A request hangs: with or without effect, no answer comes.
    Hang,
    /// A service throttles a request.
    Throttle,
    /// A service fails with 500.
    ServerError,
    /// A write of the table conflicts with another transaction.
    Conflict,
    /// A service is away for one to forty seconds.
    Outage,
    /// A client does not get the answer to its request, and asks again.
    ReplyLost,
    /// A wake is lost.
    WakeLost,
    /// A wake is delivered twice.
    WakeDoubled,
    /// A wake comes up to a minute late.
    WakeDelayed,
    /// A wake that was worked on comes again.
    WakeUndeleted,
    /// A frame is accepted and never arrives.
    PushLost,
    /// A frame arrives, and its sender hears of it too late.
    PushSlow,
    /// A frame arrives late, behind others.
    PushLate,
    /// A socket closes; its client notices later.
    SocketGone,
    /// The provider refuses a request, for now.
    ModelRefuses,
    /// The answer breaks off with an error.
    ModelFails,
    /// The answer ends in the middle of a word.
    ModelCut,
    /// The answer falls silent and the connection stays.
    ModelStalls,
    /// Each function's clock differs by up to 2.5 seconds.
    ClockSkew,
    /// Two deployments work beside each other, each with its own memory.
    TwoDeploys,
    /// The agent on a workspace's machine dies; it is started again within seconds.
    AgentKilled,
    /// The network of a workspace's machine is cut for longer than a socket lives.
    AgentCut,
    /// A workspace's machine ends, and its socket seems open for long; it comes back within minutes.
    MachineRestarted,
    /// A dozen faults of all kinds in one run.
    Storm,
    /// Nothing goes wrong.
    Nothing,
}

impl Kind {
    /// Every kind that is one fault.
    pub const SINGLE: [Self; 30] = [
        Self::Kill,
        Self::KillRequest,
        Self::Restart,
        Self::RequestLost,
        Self::AnswerLost,
        Self::CallLost,
        Self::CallUnanswered,
        Self::Hang,
        Self::Throttle,
        Self::ServerError,
        Self::Conflict,
        Self::Outage,
        Self::ReplyLost,
        Self::WakeLost,
        Self::WakeDoubled,
        Self::WakeDelayed,
        Self::WakeUndeleted,
        Self::PushLost,
        Self::PushSlow,
        Self::PushLate,
        Self::SocketGone,
        Self::ModelRefuses,
        Self::ModelFails,
        Self::ModelCut,
        Self::ModelStalls,
        Self::ClockSkew,
        Self::TwoDeploys,
        Self::AgentKilled,
        Self::AgentCut,
        Self::MachineRestarted,
    ];

    /// Returns the name by which the command line knows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillRequest => "kill-request",
            Self::Restart => "restart",
            Self::RequestLost => "request-lost",
            Self::AnswerLost => "answer-lost",
            Self::CallLost => "call-lost",
            Self::CallUnanswered => "call-unanswered",
            Self::Hang => "hang",
            Self::Throttle => "throttle",
            Self::ServerError => "server-error",
            Self::Conflict => "conflict",
            Self::Outage => "outage",
            Self::ReplyLost => "reply-lost",
            Self::WakeLost => "wake-lost",
            Self::WakeDoubled => "wake-doubled",
            Self::WakeDelayed => "wake-delayed",
            Self::WakeUndeleted => "wake-undeleted",
            Self::PushLost => "push-lost",
            Self::PushSlow => "push-slow",
            Self::PushLate => "push-late",
            Self::SocketGone => "socket-gone",
            Self::ModelRefuses => "model-refuses",
            Self::ModelFails => "model-fails",
            Self::ModelCut => "model-cut",
            Self::ModelStalls => "model-stalls",
            Self::ClockSkew => "clock-skew",
            Self::TwoDeploys => "two-deploys",
            Self::AgentKilled => "agent-killed",
            Self::AgentCut => "agent-cut",
            Self::MachineRestarted => "machine-restarted",
            Self::Storm => "storm",
            Self::Nothing => "nothing",
        }
    }
}
