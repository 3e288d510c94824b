"""A recurrence: its equations, and the roles that follow from them.

An equation defines a quantity at time t from quantities at times t, t-1, ..., from inputs and parameters;
one at time 0 gives an initial value; one without time is the loss, or a parameter derived from others. What
an equation looks at later, at t+1, t+2, ..., runs backwards in time, from an initial value at T+1.
Nothing here knows any cell: roles, order and errors follow from the equations alone.
"""

from symbptt.recurrence.arguments import with_named_arguments
from symbptt.recurrence.builder import Builder
from symbptt.recurrence.directions import Direction, components
from symbptt.recurrence.equation import Equation, T, t
from symbptt.recurrence.system import Recurrence

__all__ = ["Builder", "Direction", "Equation", "Recurrence", "T", "components", "t", "with_named_arguments"]
