"""Widgets: lists, trees and lines that withstand many updates and small terminals.

Imports text.
"""
