//! The model: a small world as the checker sees it.

use stateright::{Model, Property};

use crate::core::Core;
use crate::properties;
use crate::saga::Saga;
use crate::world::{Action, World};

impl<D: Core, C: Core, L: Core> Model for Saga<D, C, L> {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.start().clone()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.possible(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(self.after(world.clone(), action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self.scenario().ends)
    }
}
