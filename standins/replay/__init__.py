"""How to replay what the official plugins docker 5.1.0 and command 1.2.1 answered.

../traces holds the records: a scenario is a program and the calls that its commands
led to, a sweep is one resource and the answers to many changes of its inputs. In them,
`"=checked inputs"` stands for the last Check's answer for that resource, `"=last, but"` for the
last inputs or outputs with some changed, and `<ID1>` and the like for values that differ from
run to run.
"""
