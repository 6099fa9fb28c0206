"""What a study found, told to people and to programs: tables, texts, one HTML file. No I/O, no clock."""
