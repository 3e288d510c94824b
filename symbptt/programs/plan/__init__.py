"""What a program computes, whatever it is written in: statements derived from the equations.

`program.Plan` is the whole: it takes the prepared recurrence (`normal`, `weights`, `stacked`), says what
needs the loop over time (`groups`) and where each array lies (`places`, `layout`), and derives the reverse
sweep.
"""
