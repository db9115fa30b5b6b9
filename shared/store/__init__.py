"""What more than one service reads or writes in MongoDB, by sets. A collection of one service alone is kept
by that service.
"""
