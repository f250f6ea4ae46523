"""What is taught: trainings, their texts and brochures, their sessions, meetings and places."""
