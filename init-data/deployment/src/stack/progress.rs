use super::event::Event;

/// What whoever waits is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// What is being done now.
    Step(&'a str),
    /// What CloudFormation did.
    Event(&'a Event),
}

/// Who is told.
pub type Tell<'a> = &'a mut dyn FnMut(Told<'_>);
