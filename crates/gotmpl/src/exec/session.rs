//! Sessions: renderings that share values, tables and limits.

use std::any::Any;
use std::sync::Arc;

use crate::error::Error;
use crate::limits::{Budget, Limits};
use crate::syntax::{Room, Tree};
use crate::templates::{Scope, Template, Templates};
use crate::trace::{Decision, Frame, FrameId, HostId, Read, Role, Source, Trace, TreeId};
use crate::value::Traced;

use super::code::Code;
use super::env::{Env, MissingKey};
use super::invoke::no_template;
use super::machine::{Machine, Start};
use super::output::Output;

/// How a session renders.
#[derive(Debug, Default)]
pub struct Options {
    /// How much it may do.
    pub limits: Limits,
    /// What happens when a key is missing.
    pub missing_key: MissingKey,
    /// Whether traces are kept.
    pub tracing: bool,
    /// What functions find with [`crate::Call::state`].
    pub state: Option<Box<dyn Any>>,
}

/// Renders templates of one set over values that they share.
///
/// A map into which a template put a container is emptied when the session ends: it may contain
/// itself, and would never be freed.
pub struct Session {
    templates: Arc<Templates>,
    env: Env,
    /// What the template took that was executed once before.
    room: (Room, Code),
}

impl Session {
    /// A session over a set.
    pub fn new(templates: Arc<Templates>, options: Options) -> Self {
        let budget = Budget::new(options.limits);
        let env = Env::new(
            &templates,
            options.tracing,
            budget,
            options.missing_key,
            options.state,
        );
        Self {
            room: templates.room(),
            templates,
            env,
        }
    }

    /// Executes the template of this name (`ExecuteTemplate`).
    pub fn render(&mut self, name: &str, dot: Traced) -> Result<Output, Box<Error>> {
        self.render_if(name, dot, Trace::NONE)
    }

    /// The same, where `condition` decided that the template is executed at all.
    pub fn render_if(
        &mut self,
        name: &str,
        dot: Traced,
        condition: Trace,
    ) -> Result<Output, Box<Error>> {
        let Some(template) = self.templates.get(name).cloned() else {
            return Err(Box::new(Error {
                template: "".into(),
                site: None,
                message: String::new(),
                cause: Some(no_template(name, self.templates.name())),
            }));
        };
        self.run(&template, dot, condition)
    }

    /// The same for a template that is not executed again unless others ask for it: nothing that
    /// was made of it is kept.
    pub fn render_once(&mut self, name: &str, dot: Traced) -> Result<Output, Box<Error>> {
        // With traces, the places in the text are asked for later.
        if self.env.sets.on {
            return self.render(name, dot);
        }
        let (mut tree, code) = std::mem::take(&mut self.room);
        let Some(template) = self.templates.apart(name, &mut tree) else {
            return self.render(name, dot);
        };
        let code = || Code::new_in(code, &template, self.templates.functions());
        template.code.get_or_init(code);
        let output = self.run(&template, dot, Trace::NONE)?;
        self.env.forget(&template);
        let (taken, code) = template.into_room();
        // What was parsed before has taken nothing.
        self.room = (taken.or(tree), code);
        Ok(output)
    }

    /// Executes a template of the set.
    pub fn render_template(
        &mut self,
        template: &Arc<Template>,
        dot: Traced,
    ) -> Result<Output, Box<Error>> {
        self.run(template, dot, Trace::NONE)
    }

    fn run(
        &mut self,
        template: &Arc<Template>,
        dot: Traced,
        condition: Trace,
    ) -> Result<Output, Box<Error>> {
        let condition = self.env.sets.as_condition(condition);
        let start = Start {
            template: template.clone(),
            scope: Scope::new(self.templates.clone()),
            dot,
            caller: None,
            condition,
            text: None,
            depth: 0,
            capture: None,
        };
        self.env.close_all();
        let functions = self.templates.functions().clone();
        let frames = self.env.frames.len();
        let out = Machine::new(&mut self.env, &functions, start).run()?;
        // Nothing but traces names frames that have ended, and frames keep their templates.
        if !self.env.sets.on {
            self.env.frames.truncate(frames);
        }
        Ok(Output::new(out.finish_output(&mut self.env.sets)))
    }

    /// The set.
    pub fn templates(&self) -> &Arc<Templates> {
        &self.templates
    }

    /// The state that was given to the session, as functions left it.
    pub fn state<T: 'static>(&mut self) -> Option<&mut T> {
        let state: &mut dyn Any = &mut **self.env.state.as_mut()?;
        state.downcast_mut()
    }

    /// A text: of the set, or parsed while rendering.
    pub fn tree(&self, id: TreeId) -> &Arc<Tree> {
        let late = self.env.tree(id);
        late.or_else(|| self.templates.tree(id))
            .expect("ids are given to texts of the set and to those parsed while rendering")
    }

    /// A call.
    pub fn frame(&self, id: FrameId) -> &Frame {
        self.env.frames.get(id)
    }

    /// The sources of a trace, each with its role; `None` if it may be any, because they were
    /// too many to keep.
    pub fn sources(&self, trace: Trace) -> Option<Vec<(Source, Role)>> {
        self.env.sets.sources(trace, &self.env.frames)
    }

    /// Everything of the host that is in some of the traces, in order. Of a trace that may be
    /// any ([`Self::sources`]) it is what is known.
    pub fn hosts(&self, traces: impl IntoIterator<Item = Trace>) -> Vec<HostId> {
        self.env.sets.hosts(traces, &self.env.frames)
    }

    /// Both sets in one.
    pub fn union(&mut self, a: Trace, b: Trace) -> Trace {
        self.env.sets.union(a, b)
    }

    /// What a value and everything inside it came from.
    pub fn deep_trace_of(&mut self, value: &Traced) -> Trace {
        self.env.deep(value)
    }

    /// Every read of an entry of a map that the host has named, once for each node.
    pub fn reads(&self) -> Vec<Read> {
        let fields = self
            .env
            .log
            .fields()
            .into_iter()
            .map(|(map, tree, node, name)| {
                let key = self.tree(tree).name_at(name).into();
                Read {
                    map,
                    key,
                    tree,
                    node,
                }
            });
        fields.chain(self.env.log.reads.iter().cloned()).collect()
    }

    /// Every decision of a branch, once for each frame, outcome and trace.
    pub fn decisions(&self) -> Vec<Decision> {
        self.env.log.decisions()
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    pub(super) fn env_mut(&mut self) -> &mut Env {
        &mut self.env
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.env.break_cycles();
    }
}
