"""Beginnings of sentences that a preview says, for people and for the report on it."""

UP_STOPS = "up would stop here: "
NOT_LOOKED_AT = "could not be looked at: "
