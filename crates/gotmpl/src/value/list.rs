//! Lists: Go's slices. A list never changes, but for one that a function sorts where it lies.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::trace::Trace;

use super::Traced;
use super::object::Class;
use super::release::release;
use super::types::Type;

/// A slice.
#[derive(Clone)]
pub struct List(Rc<Content>);

struct Content {
    element: Type,
    class: Option<Arc<Class>>,
    nil: bool,
    /// The elements, and behind them what re-slicing can reach (Go's capacity).
    items: Vec<Traced>,
    len: usize,
    /// Who decided how many elements there are.
    shape: Trace,
    /// Who decided where each stands, as far as it does not say so itself. All of it is in the
    /// shape, too.
    order: Trace,
    /// The elements in another order, since they were sorted.
    sorted: OnceCell<Vec<Traced>>,
}

impl List {
    /// A list of elements of one type; `Type::Any` for `[]interface {}`.
    pub fn new(element: Type, items: Vec<Traced>) -> Self {
        let len = items.len();
        Self::build(element, items, len)
    }

    /// A list of the first `len` of `items`; the others can be reached by re-slicing.
    pub fn with_capacity(element: Type, items: Vec<Traced>, len: usize) -> Self {
        let len = len.min(items.len());
        Self::build(element, items, len)
    }

    fn build(element: Type, items: Vec<Traced>, len: usize) -> Self {
        Self(Rc::new(Content {
            element,
            class: None,
            nil: false,
            items,
            len,
            shape: Trace::NONE,
            order: Trace::NONE,
            sorted: OnceCell::new(),
        }))
    }

    /// A slice that is nil but has a type.
    pub fn nil(element: Type) -> Self {
        let mut list = Self::new(element, Vec::new());
        list.change(|content| content.nil = true);
        list
    }

    /// The same with a named type that has methods.
    #[must_use]
    pub fn with_class(mut self, class: Arc<Class>) -> Self {
        self.change(|content| content.class = Some(class));
        self
    }

    /// The same, with what decided how many elements there are.
    #[must_use]
    pub fn with_shape(mut self, shape: Trace) -> Self {
        self.change(|content| content.shape = shape);
        self
    }

    /// The same, with what decided where each element stands, if the elements themselves only
    /// know that they are there. It must be part of the shape: who asks for places without the
    /// shape joins it, and who finds an element by what it is does not.
    #[must_use]
    pub fn with_order(mut self, order: Trace) -> Self {
        if order != self.0.order {
            self.change(|content| content.order = order);
        }
        self
    }

    /// A list of the same type and shape with other elements.
    #[must_use]
    pub fn with_items(&self, items: Vec<Traced>) -> Self {
        let mut list = Self::new(self.0.element.clone(), items);
        list.change(|content| {
            content.class.clone_from(&self.0.class);
            content.shape = self.0.shape;
            content.order = self.0.order;
        });
        list
    }

    fn change(&mut self, change: impl FnOnce(&mut Content)) {
        if let Some(content) = Rc::get_mut(&mut self.0) {
            change(content);
            return;
        }
        let mut copy = Content {
            element: self.0.element.clone(),
            class: self.0.class.clone(),
            nil: self.0.nil,
            items: self.0.items.clone(),
            len: self.0.len,
            shape: self.0.shape,
            order: self.0.order,
            sorted: self.0.sorted.clone(),
        };
        change(&mut copy);
        self.0 = Rc::new(copy);
    }

    /// The elements.
    pub fn items(&self) -> &[Traced] {
        match self.0.sorted.get() {
            Some(sorted) => sorted,
            None => &self.0.items[..self.0.len],
        }
    }

    /// Puts the elements into another order, for all who have the list (`sort.Strings`). Only
    /// the first time counts: who sorts again would find them in order. As many elements must
    /// come as there are.
    pub fn sort_in_place(&self, sorted: Vec<Traced>) {
        debug_assert_eq!(sorted.len(), self.0.len, "sorting keeps all elements");
        if sorted.len() == self.0.len {
            let _ = self.0.sorted.set(sorted);
        }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// How far it can be re-sliced (`cap`).
    pub fn capacity(&self) -> usize {
        self.0.items.len()
    }

    /// What decided how many elements there are.
    pub fn shape(&self) -> Trace {
        self.0.shape
    }

    /// What decided where each element stands, beside what the elements say of that.
    pub fn order(&self) -> Trace {
        self.0.order
    }

    /// The type of its elements.
    pub fn element_type(&self) -> &Type {
        &self.0.element
    }

    /// Elements `from` to `to`, with capacity up to `limit`; each at most the capacity and in
    /// order, or it panics.
    pub fn slice(&self, from: usize, to: usize, limit: usize) -> Self {
        let behind = &self.0.items[self.0.len..];
        let all = self.items().iter().chain(behind);
        let items = all.take(limit).skip(from).cloned().collect();
        let mut list = Self::build(self.0.element.clone(), items, to - from);
        list.change(|content| {
            content.class.clone_from(&self.0.class);
            content.shape = self.0.shape;
            content.order = self.0.order;
            content.nil = self.0.nil;
        });
        list
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        let plain = Type::list(self.0.element.clone());
        match &self.0.class {
            Some(class) => Type::Named(class.name.as_str().into(), Arc::new(plain)),
            None => plain,
        }
    }

    pub(crate) fn class(&self) -> Option<&Class> {
        self.0.class.as_deref()
    }

    /// Whether both are the same slice in memory.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if self.items.iter().any(|item| item.value.is_container()) {
            release(self.items.drain(..).map(|item| item.value));
        }
    }
}
