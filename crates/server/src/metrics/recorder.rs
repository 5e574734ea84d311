//! The process's recorder: Prometheus' own, with second names for some counters.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder as Records, SharedString, Unit,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::names::{MESSAGE_LENGTH, STEP_DURATION, second_name};

/// Upper bounds in seconds: from a read in memory to a request's time limit.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];
/// Upper bounds in seconds for what people do: from a minute to a month.
const WORK: [f64; 8] = [
    60.0,
    300.0,
    1_800.0,
    7_200.0,
    86_400.0,
    259_200.0,
    604_800.0,
    2_592_000.0,
];
/// Upper bounds in characters.
const CHARACTERS: [f64; 8] = [10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 5_000.0, 10_000.0];

/// A handle to the recorder; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Makes it the one that this process records to. The first call wins; a further
    /// one gets a recorder that nobody records to.
    pub fn install() -> Self {
        let recorder = buckets(PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(Named(recorder)).is_ok() {
            super::describe();
        }
        Self(handle)
    }

    /// Everything that was recorded, as text.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Sums up what histograms have taken in; to be called every few seconds.
    pub fn sum_up(&self) {
        self.0.run_upkeep();
    }
}

fn buckets(builder: PrometheusBuilder) -> PrometheusBuilder {
    let full = |name: &str| Matcher::Full(name.to_owned());
    builder
        .set_buckets(&SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(full(STEP_DURATION), &WORK))
        .and_then(|builder| builder.set_buckets_for_metric(full(MESSAGE_LENGTH), &CHARACTERS))
        .expect("each list of bounds has bounds")
}

/// What is read at one moment, as text.
pub(super) fn at_once(record: impl FnOnce()) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        super::describe();
        record();
    });
    handle.render()
}

/// Counts some events under a name of their own as well.
struct Named(PrometheusRecorder);

impl Records for Named {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.0.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let counter = self.0.register_counter(key, metadata);
        match second_name(key) {
            None => counter,
            Some(name) => {
                let second = self.0.register_counter(&Key::from_static_name(name), metadata);
                Counter::from_arc(Arc::new(Both(counter, second)))
            }
        }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.0.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.0.register_histogram(key, metadata)
    }
}

struct Both(Counter, Counter);

impl CounterFn for Both {
    fn increment(&self, value: u64) {
        self.0.increment(value);
        self.1.increment(value);
    }

    fn absolute(&self, value: u64) {
        self.0.absolute(value);
        self.1.absolute(value);
    }
}

#[cfg(test)]
mod tests {
    use metrics::counter;

    use super::*;

    #[test]
    fn an_event_is_counted_by_its_type_and_under_the_name_of_what_it_tells() {
        let inner = PrometheusBuilder::new().build_recorder();
        let handle = inner.handle();
        metrics::with_local_recorder(&Named(inner), || {
            for event_type in ["session.created", "session.created", "cycle.navigated"] {
                counter!(althing_backbone::figures::PUBLISHED, "event_type" => event_type).increment(1);
            }
        });
        let text = handle.render();
        for line in [
            "events_published_total{event_type=\"session.created\"} 2",
            "events_published_total{event_type=\"cycle.navigated\"} 1",
            "sessions_created_total 2",
        ] {
            assert!(text.lines().any(|said| said == line), "{line}: {text}");
        }
        assert_eq!(
            text.matches("_total").count() - text.matches("# TYPE").count(),
            3,
            "{text}"
        );
    }

    #[test]
    fn what_is_read_at_once_leaves_no_trace_in_the_next_reading() {
        let first = at_once(|| metrics::gauge!("owner_info", "owner" => "a \"b\"\n").set(1));
        assert!(
            first.contains("owner_info{owner=\"a \\\"b\\\"\\n\"} 1"),
            "{first}"
        );
        assert!(!at_once(|| {}).contains("owner_info{"));
    }
}
