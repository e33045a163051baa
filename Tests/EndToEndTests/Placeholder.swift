let placeholderEndToEndTests = 0
