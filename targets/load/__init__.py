"""The load tool: requests made from a contract, sent at fixed rates, their latencies told without omission."""
