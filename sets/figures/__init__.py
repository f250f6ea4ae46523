"""What the registrations amount to: figures for the team, and the report for the funder."""
