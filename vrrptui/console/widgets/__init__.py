"""Lists, trees and lines that survive storms of updates and small terminals.

Imports text.
"""
