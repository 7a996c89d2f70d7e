"""What of an `.htaccess` has no effect, and what is so anyway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.sites.htaccess import Effect, Lost, lost
from panggon.core.sites.kinds import Profile

WORDPRESS = """# BEGIN WordPress
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
</IfModule>
# END WordPress
"""


def found(text: str, folder: str = "/", profile: Profile = Profile.PLAIN) -> list[tuple[int, str, str]]:
    return [(each.line, each.directive, each.effect.value) for each in lost(text, folder=folder, profile=profile)]


def test_wordpress_own_rules_are_not_missed_under_its_profile_and_one_is_under_another():
    assert found(WORDPRESS, profile=Profile.WORDPRESS) == []
    assert found(WORDPRESS) == [(9, "RewriteRule", "routing")]


def test_what_ojs_and_codeigniter_are_told_to_put_there_is_not_missed_under_their_profiles():
    rules = "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^(.*)$ index.php/$1 [QSA,L]\n"
    assert found(rules, profile=Profile.OJS) == []
    assert found(rules, profile=Profile.FRONT_CONTROLLER) == [], "CodeIgniter's own"
    assert found(rules) == [(2, "RewriteRule", "routing")]


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("Require all denied", Effect.PROTECTION),
        ("deny from all", Effect.PROTECTION),
        ("Require ip 10.0.0.0/8", Effect.PROTECTION),
        ("AuthUserFile /home/x/.htpasswd", Effect.PROTECTION),
        ("RewriteRule ^private - [F,L]", Effect.PROTECTION),
        ("RewriteRule ^old$ /new [R=301,L]", Effect.ROUTING),
        ("Redirect 301 /a /b", Effect.ROUTING),
        ("DirectoryIndex home.php", Effect.ROUTING),
        ("php_value memory_limit 256M", Effect.PHP),
        ("AddHandler application/x-httpd-php .jpg", Effect.PHP),
        ("Header set X-Frame-Options DENY", Effect.ANSWER),
        ("ErrorDocument 404 /404.html", Effect.ANSWER),
        ("Options +Indexes", Effect.OTHER),
        ("ModPagespeed on", Effect.OTHER),
    ],
)
def test_what_is_lost(line, effect):
    assert found(f"\n{line}\n") == [(2, line.split()[0], effect.value)]


@pytest.mark.parametrize(
    "line",
    [
        "# Require all denied",
        "Options -Indexes -MultiViews +FollowSymLinks",
        "Require all granted",
        "Allow from all",
        "Order allow,deny",
        "DirectoryIndex index.php index.html",
        "RewriteRule .* - [E=A:B]",
        "<IfModule mod_php.c>",
        "",
    ],
)
def test_what_is_not_missed(line):
    assert found(line) == []


def test_what_the_profile_refuses_anyway_is_not_missed():
    denied = "Require all denied"
    assert found(denied, "/data/", Profile.DOKUWIKI) == []
    assert found(denied, "/data/", Profile.PLAIN) == [(1, "Require", "protection")]
    config = '<Files "wp-config.php">\nRequire all denied\n</Files>\nRequire all denied\n'
    assert found(config, profile=Profile.WORDPRESS) == [(4, "Require", "protection")]
    assert found("<Files .env>\nDeny from all\n</Files>") == []


def test_a_line_that_goes_on():
    assert found("RewriteRule ^a \\\n  - \\\n  [F]\nDeny from all") == [
        (1, "RewriteRule", "protection"),
        (4, "Deny", "protection"),
    ]


@pytest.mark.timeout(30)  # of a pattern that goes back and forth each takes hours, and nobody can interrupt it
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<Files" + " " * 5000 + '"a" b', []),
        ("<Files ~" + " " * 60_000 + "a", []),
        ("RewriteRule ^ / " + "[,F" * 20_000, ["routing"]),
        ("Options " + "-" * 60_000 + "!", ["other"]),
        ('<FilesMatch "' + "|".join([".env"] * 12_000) + '">\n' + "Deny from all\n" * 2000, ["protection"] * 2000),
    ],
)
def test_a_line_that_was_made_to_be_read_for_hours(line, expected):
    assert [effect for _, _, effect in found(line)] == expected


def test_a_section_is_told_by_its_file_however_it_is_written():
    for section in ('<Files ~ "wp-config.php">', "<files wp-config.php >", '<FilesMatch "wp-config.php" >'):
        assert found(f"{section}\nDeny from all\n</Files>\n", profile=Profile.WORDPRESS) == []


@pytest.mark.parametrize(
    ("section", "missed"),
    [
        ('<FilesMatch ".*">', True),
        ('<FilesMatch ".*\\.pdf$">', True),
        ('<FilesMatch ".+\\.(docx|pdf)$">', True),
        ('<FilesMatch "\\.pdf$">', True),
        ('<FilesMatch "rahasia|\\.sql">', True),
        ('<FilesMatch "\\.(sql|pdf)$">', True),
        ('<Files "*.pdf">', True),
        ("<Files>", True),
        ('<FilesMatch "\\.(sql|bak)$">', False),
        ('<FilesMatch "^\\.(htaccess|htpasswd)$">', False),
        ('<Files ~ "^\\.env$|^\\.git$">', False),
        ('<Files ".env">', False),
    ],
)
def test_a_prohibition_is_not_missed_where_all_that_it_is_about_is_private_anyway(section, missed):
    told = [(2, "Deny", "protection")] if missed else []
    assert found(f"{section}\nDeny from all\n</Files>\n") == told


def test_flags_count_at_the_end_of_a_rule_only():
    assert found("RewriteRule ^[F]$ /new [L]") == [(1, "RewriteRule", "routing")]
    assert found("RewriteRule ^old - [NC, forbidden ]") == [(1, "RewriteRule", "protection")]


@given(st.text(), st.sampled_from(Profile))
def test_any_text_is_judged(text, profile):
    count = len(text.splitlines())
    assert all(isinstance(each, Lost) and 1 <= each.line <= count for each in lost(text, folder="/", profile=profile))
