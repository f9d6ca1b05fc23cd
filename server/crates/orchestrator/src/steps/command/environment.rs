//! What a command is called with.

use super::room::KUBECONFIG;
use crate::steps::{
    StepInput,
    template::{self, Mode, Sources, Templates},
};
use domain::{Error, Result, object, promise::Promise, workflow::Step};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest input of an action that stands in a variable.
const LONGEST: usize = 64 * 1024;

/// The call, its templates filled in.
pub struct Call {
    pub program: String,
    pub arguments: Vec<String>,
    pub stdin: Option<String>,
    pub env: BTreeMap<String, String>,
    /// Whether the sandbox lets it out to the network.
    pub network: bool,
}

/// What `with` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    command: Vec<String>,
    stdin: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    #[serde(default)]
    network: bool,
}

/// A call before its templates are filled in.
struct Definition {
    program: String,
    arguments: Vec<String>,
    stdin: bool,
    /// Variables by name, each with the place of its template.
    variables: BTreeMap<String, String>,
    network: bool,
    templates: Templates,
}

/// Reads a definition without starting anything.
pub fn check(step: &Step) -> Result<()> {
    Definition::read(step).map(drop)
}

impl Definition {
    fn read(step: &Step) -> Result<Self> {
        let with: With = object::decode(step.with.clone(), "with")?;
        let mut argv = with.command.into_iter();
        let program = argv.next().filter(|program| !program.is_empty());
        let Some(program) = program else {
            return Err(Error::bad_request(
                "with.command: needs a program as its first element, such as [kubectl, version]",
            ));
        };
        let arguments: Vec<_> = argv.collect();
        if program.contains('\0') || arguments.iter().any(|argument| argument.contains('\0')) {
            return Err(Error::bad_request("with.command: a program cannot be given a NUL character"));
        }
        let mut texts = BTreeMap::new();
        for (name, text) in &step.env {
            texts.insert(name.clone(), (format!("env.{name}"), text.clone()));
        }
        for (name, value) in with.env {
            let place = format!("with.env.{name}");
            let text = match value {
                Value::String(text) => text,
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                other => {
                    return Err(Error::bad_request(format!(
                        "{place}: must be a string, not {}",
                        object::type_name(&other)
                    )));
                }
            };
            texts.insert(name, (place, text));
        }
        let mut sources = Sources::default();
        for (name, (place, text)) in &texts {
            check_name(name, place)?;
            sources.add(Mode::Text, place, text)?;
        }
        if let Some(text) = &with.stdin {
            sources.add(Mode::Text, "with.stdin", text)?;
        }
        let variables = texts.into_iter().map(|(name, (place, _))| (name, place)).collect();
        let (stdin, network, templates) = (with.stdin.is_some(), with.network, sources.compile()?);
        Ok(Self { program, arguments, stdin, variables, network, templates })
    }
}

impl Call {
    pub fn read(input: &StepInput) -> Result<Self> {
        let Definition { program, arguments, stdin, variables, network, templates } = Definition::read(&input.step)?;
        let mut rendering = templates.start(template::context(input));
        let mut env = BTreeMap::new();
        for (name, place) in variables {
            let text = rendering.text(&place)?;
            if text.contains('\0') {
                return Err(Error::bad_request(format!("{place}: a variable cannot hold a NUL character")));
            }
            env.insert(name, text);
        }
        let stdin = if stdin { Some(rendering.text("with.stdin")?) } else { None };
        Ok(Self { program, arguments, stdin, env, network })
    }
}

/// The variables every step gets, Kratix's and ours; its folders are below `kratix`. Nothing of the server's own environment.
pub fn contract(input: &StepInput, kratix: &str) -> Vec<(&'static str, String)> {
    let object = &input.object;
    let about = if Promise::is_promise(object.group(), &object.kind) { "promise" } else { "resource" };
    let act = input.act.as_ref();
    let mut all = vec![
        ("KRATIX_WORKFLOW_ACTION", act.map_or(input.workflow.as_str(), |act| &act.name).to_owned()),
        ("KRATIX_WORKFLOW_TYPE", about.to_owned()),
        ("KRATIX_PROMISE_NAME", input.promise.clone()),
        ("KRATIX_PIPELINE_NAME", input.pipeline.clone()),
        ("KRATIX_OBJECT_KIND", object.kind.clone()),
        ("KRATIX_OBJECT_GROUP", object.group().to_owned()),
        ("KRATIX_OBJECT_VERSION", object.version().to_owned()),
        ("KRATIX_OBJECT_NAME", object.metadata.name.clone()),
        ("KRATIX_OBJECT_NAMESPACE", object.metadata.namespace.clone()),
        ("KRATIX_CRD_PLURAL", input.plural.clone()),
        ("KRATIX_CLUSTER_SCOPED", object.metadata.namespace.is_empty().to_string()),
        ("MIDSPAN_IDEMPOTENCY_KEY", input.idempotency_key.clone()),
        ("MIDSPAN_FENCE", input.fence.to_string()),
        ("MIDSPAN_RUN", input.run.clone()),
        ("MIDSPAN_INPUT", format!("{kratix}/input")),
        ("MIDSPAN_OUTPUT", format!("{kratix}/output")),
        ("MIDSPAN_METADATA", format!("{kratix}/metadata")),
    ];
    if let Some(act) = act {
        all.push(("MIDSPAN_ACTION", act.name.clone()));
        // a longer one is in the object alone: no process takes a variable of any length
        all.extend(
            Some(act.input.to_string()).filter(|text| text.len() <= LONGEST).map(|text| ("MIDSPAN_ACTION_INPUT", text)),
        );
    }
    if input.given.access.is_some() {
        all.push(("KUBECONFIG", format!("{kratix}/{KUBECONFIG}")));
    }
    all
}

fn check_name(name: &str, place: &str) -> Result<()> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(Error::bad_request(format!("{place}: {name:?} is not the name of a variable")));
    }
    if name.starts_with("MIDSPAN_") || name.starts_with("KRATIX_") {
        return Err(Error::bad_request(format!(
            "{place}: variables that begin with MIDSPAN_ and KRATIX_ are set by the orchestrator"
        )));
    }
    Ok(())
}
