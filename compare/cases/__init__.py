"""What is asked: data, shapes, seeded weights, the table of cases. Knows no column and no verdict."""
