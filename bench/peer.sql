-- ColdFront with as much as the office: its projects are the OPDs, its allocations the requests, its history the events.
-- :cases, :agencies and :events are put in by bench/peer.py.
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
SELECT '!', false, 'orang' || n, 'Orang', n::text, 'orang' || n || '@contoh.go.id', false, true, now()
FROM generate_series(1, 2 * :agencies) n;
INSERT INTO user_userprofile (is_pi, user_id)
SELECT true, id FROM auth_user u WHERE NOT EXISTS (SELECT 1 FROM user_userprofile p WHERE p.user_id = u.id);
INSERT INTO resource_resource (created, modified, name, description, is_available, is_public, is_allocatable,
                               requires_payment, resource_type_id)
SELECT now(), now(), 'Hosting', 'Hosting', true, true, true, false, (SELECT id FROM resource_resourcetype WHERE name = 'Server');
CREATE TEMP TABLE person AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM auth_user WHERE username LIKE 'orang%';
INSERT INTO project_project (created, modified, title, description, force_review, requires_review, field_of_science_id,
                             pi_id, status_id, project_code, institution)
SELECT now(), now(), 'Dinas ' || n, 'OPD', false, false, (SELECT min(id) FROM field_of_science_fieldofscience), person.id,
       (SELECT id FROM project_projectstatuschoice WHERE name = 'Active'), '', ''
FROM person WHERE n <= :agencies;
CREATE TEMP TABLE office AS SELECT row_number() OVER (ORDER BY id) AS n, id, pi_id FROM project_project;
INSERT INTO project_projectuser (created, modified, enable_notifications, project_id, role_id, status_id, user_id)
SELECT now(), now(), true, office.id, (SELECT id FROM project_projectuserrolechoice WHERE name = 'Manager'),
       (SELECT id FROM project_projectuserstatuschoice WHERE name = 'Active'), office.pi_id
FROM office;
INSERT INTO allocation_allocation (created, modified, quantity, start_date, end_date, justification, description,
                                   project_id, status_id, is_locked, is_changeable)
SELECT now() - c.n * interval '7 minutes', now(), 1, current_date - 100, current_date + 265, 'Permohonan Hosting',
       'Layanan ' || c.n, office.id,
       (SELECT id FROM allocation_allocationstatuschoice WHERE name = CASE WHEN c.n % 150 = 0 THEN 'New' ELSE 'Active' END),
       false, true
FROM generate_series(1, :cases) AS c (n) JOIN office ON office.n = 1 + c.n % :agencies;
INSERT INTO allocation_allocation_resources (allocation_id, resource_id)
SELECT id, (SELECT id FROM resource_resource WHERE name = 'Hosting') FROM allocation_allocation;
INSERT INTO allocation_allocationuser (created, modified, allocation_id, status_id, user_id)
SELECT now(), now(), a.id, (SELECT id FROM allocation_allocationuserstatuschoice WHERE name = 'Active'), p.pi_id
FROM allocation_allocation a JOIN project_project p ON p.id = a.project_id;
INSERT INTO allocation_historicalallocation (id, created, modified, quantity, start_date, end_date, justification,
    description, history_date, history_type, project_id, status_id, is_locked, is_changeable)
SELECT a.id, a.created, a.modified, a.quantity, a.start_date, a.end_date, a.justification, a.description,
       a.created + k * interval '1 hour', '~', a.project_id, a.status_id, false, true
FROM allocation_allocation a CROSS JOIN generate_series(1, :events / :cases) k;
ANALYZE;
