"""What is written, brought to one way of writing: times, arguments, abbreviations, dots, names."""
