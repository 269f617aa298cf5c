"""`fourfold bench`: the columns' pace, beside what people would otherwise use and beside a C loop.

A subject is a process of its own. Subjects take turns: every round times each of them once, so that what slows the
machine down for a while slows down all, and ratios are taken round by round. pyperf's runner times one benchmark after
the other, hours apart if need be, so that only its account of the machine is used.
"""
