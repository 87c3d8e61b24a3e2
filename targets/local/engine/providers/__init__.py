"""One file for each AWS service, and the table of all resource types."""
