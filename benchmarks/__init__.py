"""Comparisons with what a user would pick instead, side by side, equal results checked."""
