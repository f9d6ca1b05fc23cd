//! What things are made from.

use domain::{object::Object, plan::Offer, promise::Promise};
use std::sync::Arc;

/// The first: a probe; pure steps, a command and a call; one pipeline whose work is placed before another's effect; a command when it goes. The second has no effects but those of
/// its actions and of its end.
pub fn offers() -> [Arc<Offer>; 2] {
    const PROMISE: &str = "
apiVersion: midspan.dev/v1alpha1
kind: Promise
metadata: {name: thing}
spec:
  drift: {policy: repair}
  expiry: {extend: 1h}
  api: {group: sim.example.com, version: v1, kind: Thing, schema: {type: object}}
  health: {probe: {http: {url: 'https://thing.example.com'}, every: 3h, timeout: 5s}}
  workflows:
    resource:
      configure:
      - {name: files, steps: [{name: render, uses: template}]}
      - {name: outside, steps: [{name: command, uses: command, retry: {attempts: 50, backoff: 1s, maxBackoff: 5s}}, {name: call, uses: http, retry: {attempts: 50, backoff: 1s, maxBackoff: 5s}}]}
      actions:
        poke: {concurrency: queue, pipelines: [{name: poke, steps: [{name: render, uses: template}, {name: poke, uses: command, retry: {attempts: 50, backoff: 1s, maxBackoff: 5s}}]}]}
        refresh: {concurrency: queue, then: configure, pipelines: [{name: refresh, steps: [{name: call, uses: http, retry: {attempts: 50, backoff: 1s, maxBackoff: 5s}}]}]}
      delete:
      - {name: goodbye, steps: [{name: destroy, uses: command, retry: {attempts: 50, backoff: 1s, maxBackoff: 5s}}]}
";
    let value = domain::document::parse_one(PROMISE, "the simulator's promise").expect("it is YAML");
    let promise = Promise::read(&Object::from_value(value).expect("it is an object")).expect("it is a promise");
    let mut plain = promise.clone();
    plain.spec.workflows.resource.configure.truncate(1);
    let offer = |revision: &str, promise| Arc::new(Offer { revision: revision.to_owned(), promise });
    [offer("thing-1", promise), offer("plain-1", plain)]
}
