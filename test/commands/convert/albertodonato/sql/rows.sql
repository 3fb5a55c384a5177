SELECT COUNT(*) AS rows FROM orders
