.PHONY: demo test test-all lint bench clean
