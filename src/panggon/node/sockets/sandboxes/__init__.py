"""What runs for a site: its programs within the walls, from their start to their end.

With what they are started (`launch`, `places`, `bounds`) and how (`starting`), or by a php-fpm that was started before
it was known for whom (`spare`, `spares`); what runs then (`sandbox`), found again by a later holder
(`adopting`) or in its place until its last visitor is gone (`former`). What runs once beside them, such as a scheduled
task, is an `errand`. What all of them ask of the machine is looked up once (`lookups`).
"""
