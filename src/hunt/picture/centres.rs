//! About where countries are, for databases that tell no more than the country: a dot needs no better place than somewhere in it.

/// ISO 3166 code, the English name that databases use, degrees north and east of some place in the middle.
type Centre = (&'static str, &'static str, f64, f64);

/// Latitude and longitude of a country by its name or code, whatever the case.
pub fn centre(country: &str) -> Option<(f64, f64)> {
    let named = |(code, name, ..): &&Centre| code.eq_ignore_ascii_case(country) || name.eq_ignore_ascii_case(country);
    CENTRES.iter().find(named).map(|(.., latitude, longitude)| (*latitude, *longitude))
}

#[rustfmt::skip]
const CENTRES: &[Centre] = &[
    ("AD", "Andorra", 42.5, 1.6), ("AE", "United Arab Emirates", 24.0, 54.0), ("AF", "Afghanistan", 33.9, 66.0), ("AG", "Antigua and Barbuda", 17.1, -61.8),
    ("AI", "Anguilla", 18.2, -63.1), ("AL", "Albania", 41.1, 20.1), ("AM", "Armenia", 40.2, 45.0), ("AO", "Angola", -12.3, 17.5),
    ("AQ", "Antarctica", -59.0, 0.0), ("AR", "Argentina", -35.0, -65.0), ("AS", "American Samoa", -14.3, -170.7), ("AT", "Austria", 47.6, 14.1),
    ("AU", "Australia", -25.7, 134.5), ("AW", "Aruba", 12.5, -70.0), ("AX", "Åland Islands", 60.2, 20.0), ("AZ", "Azerbaijan", 40.3, 47.5),
    ("BA", "Bosnia and Herzegovina", 44.2, 17.8), ("BB", "Barbados", 13.2, -59.6), ("BD", "Bangladesh", 23.9, 90.3), ("BE", "Belgium", 50.6, 4.7),
    ("BF", "Burkina Faso", 12.3, -1.7), ("BG", "Bulgaria", 42.8, 25.2), ("BH", "Bahrain", 26.0, 50.5), ("BI", "Burundi", -3.4, 29.9),
    ("BJ", "Benin", 9.6, 2.3), ("BL", "Saint Barthélemy", 17.9, -62.8), ("BM", "Bermuda", 32.3, -64.8), ("BN", "Brunei", 4.5, 114.7),
    ("BO", "Bolivia", -16.7, -64.7), ("BQ", "Bonaire, Sint Eustatius, and Saba", 12.2, -68.3), ("BR", "Brazil", -10.8, -53.1), ("BS", "Bahamas", 24.3, -76.6),
    ("BT", "Bhutan", 27.4, 90.4), ("BV", "Bouvet Island", -54.4, 3.4), ("BW", "Botswana", -22.2, 23.8), ("BY", "Belarus", 53.5, 28.0),
    ("BZ", "Belize", 17.2, -88.7), ("CA", "Canada", 57.0, -102.0), ("CC", "Cocos (Keeling) Islands", -12.2, 96.8), ("CD", "DR Congo", -2.9, 23.6),
    ("CF", "Central African Republic", 6.6, 20.5), ("CG", "Congo Republic", -0.8, 15.2), ("CH", "Switzerland", 46.8, 8.2), ("CI", "Ivory Coast", 7.6, -5.6),
    ("CK", "Cook Islands", -21.2, -159.8), ("CL", "Chile", -33.5, -70.7), ("CM", "Cameroon", 5.7, 12.7), ("CN", "China", 35.0, 104.0),
    ("CO", "Colombia", 3.9, -73.1), ("CR", "Costa Rica", 10.0, -84.2), ("CU", "Cuba", 21.6, -79.0), ("CV", "Cabo Verde", 15.1, -23.6),
    ("CW", "Curaçao", 12.2, -69.0), ("CX", "Christmas Island", -10.4, 105.7), ("CY", "Cyprus", 35.0, 33.1), ("CZ", "Czechia", 49.8, 15.3),
    ("DE", "Germany", 51.1, 10.4), ("DJ", "Djibouti", 11.7, 42.6), ("DK", "Denmark", 56.0, 9.5), ("DM", "Dominica", 15.4, -61.4),
    ("DO", "Dominican Republic", 18.9, -70.5), ("DZ", "Algeria", 28.2, 2.6), ("EC", "Ecuador", -1.4, -78.8), ("EE", "Estonia", 58.7, 25.5),
    ("EG", "Egypt", 26.5, 29.9), ("EH", "Western Sahara", 24.2, -12.2), ("ER", "Eritrea", 15.4, 38.8), ("ES", "Spain", 40.2, -3.6),
    ("ET", "Ethiopia", 8.6, 39.6), ("FI", "Finland", 64.5, 26.3), ("FJ", "Fiji", -17.8, 178.0), ("FK", "Falkland Islands", -51.7, -59.4),
    ("FM", "Federated States of Micronesia", 6.9, 158.2), ("FO", "Faroe Islands", 62.0, -6.9), ("FR", "France", 46.6, 2.5), ("GA", "Gabon", -0.6, 11.8),
    ("GB", "United Kingdom", 54.0, -2.5), ("GD", "Grenada", 12.1, -61.7), ("GE", "Georgia", 42.2, 43.5), ("GF", "French Guiana", 3.9, -53.2),
    ("GG", "Guernsey", 49.5, -2.6), ("GH", "Ghana", 8.0, -1.2), ("GI", "Gibraltar", 36.1, -5.3), ("GL", "Greenland", 70.0, -41.0),
    ("GM", "The Gambia", 13.4, -15.4), ("GN", "Guinea", 10.4, -10.9), ("GP", "Guadeloupe", 16.2, -61.5), ("GQ", "Equatorial Guinea", 1.7, 10.3),
    ("GR", "Greece", 39.1, 22.9), ("GS", "South Georgia and the South Sandwich Islands", -54.4, -36.6), ("GT", "Guatemala", 15.7, -90.4), ("GU", "Guam", 13.4, 144.8),
    ("GW", "Guinea-Bissau", 12.0, -14.9), ("GY", "Guyana", 4.8, -58.9), ("HK", "Hong Kong", 22.3, 114.2), ("HM", "Heard and McDonald Islands", -53.1, 73.5),
    ("HN", "Honduras", 14.8, -86.6), ("HR", "Croatia", 45.1, 16.4), ("HT", "Haiti", 18.9, -72.7), ("HU", "Hungary", 47.2, 19.4),
    ("ID", "Indonesia", -2.2, 117.2), ("IE", "Ireland", 53.2, -8.1), ("IL", "Israel", 31.4, 35.0), ("IM", "Isle of Man", 54.2, -4.5),
    ("IN", "India", 22.9, 79.6), ("IO", "British Indian Ocean Territory", -7.3, 72.4), ("IQ", "Iraq", 33.0, 43.7), ("IR", "Iran", 32.6, 54.3),
    ("IS", "Iceland", 65.0, -18.6), ("IT", "Italy", 42.8, 12.1), ("JE", "Jersey", 49.2, -2.1), ("JM", "Jamaica", 18.2, -77.3),
    ("JO", "Jordan", 31.2, 36.8), ("JP", "Japan", 36.5, 138.0), ("KE", "Kenya", 0.6, 37.8), ("KG", "Kyrgyzstan", 41.5, 74.6),
    ("KH", "Cambodia", 12.7, 104.9), ("KI", "Kiribati", 1.4, 173.0), ("KM", "Comoros", -11.9, 43.7), ("KN", "St Kitts and Nevis", 17.3, -62.7),
    ("KP", "North Korea", 40.2, 127.2), ("KR", "South Korea", 36.4, 127.8), ("KW", "Kuwait", 29.3, 47.6), ("KY", "Cayman Islands", 19.3, -81.2),
    ("KZ", "Kazakhstan", 48.2, 67.3), ("LA", "Laos", 18.5, 103.8), ("LB", "Lebanon", 33.9, 35.9), ("LC", "Saint Lucia", 13.9, -61.0),
    ("LI", "Liechtenstein", 47.1, 9.5), ("LK", "Sri Lanka", 7.6, 80.7), ("LR", "Liberia", 6.4, -9.3), ("LS", "Lesotho", -29.6, 28.2),
    ("LT", "Lithuania", 55.3, 23.9), ("LU", "Luxembourg", 49.8, 6.1), ("LV", "Latvia", 56.9, 24.9), ("LY", "Libya", 27.0, 18.0),
    ("MA", "Morocco", 31.9, -6.3), ("MC", "Monaco", 43.7, 7.4), ("MD", "Moldova", 47.2, 28.5), ("ME", "Montenegro", 42.8, 19.2),
    ("MF", "Saint Martin", 18.1, -63.1), ("MG", "Madagascar", -19.4, 46.7), ("MH", "Marshall Islands", 7.1, 171.1), ("MK", "North Macedonia", 41.6, 21.7),
    ("ML", "Mali", 17.3, -3.5), ("MM", "Myanmar", 21.2, 96.5), ("MN", "Mongolia", 46.8, 103.1), ("MO", "Macao", 22.2, 113.5),
    ("MP", "Northern Mariana Islands", 15.2, 145.7), ("MQ", "Martinique", 14.6, -61.0), ("MR", "Mauritania", 20.3, -10.3), ("MS", "Montserrat", 16.7, -62.2),
    ("MT", "Malta", 35.9, 14.4), ("MU", "Mauritius", -20.3, 57.6), ("MV", "Maldives", 3.7, 73.2), ("MW", "Malawi", -13.2, 34.3),
    ("MX", "Mexico", 23.9, -102.5), ("MY", "Malaysia", 3.8, 102.5), ("MZ", "Mozambique", -17.3, 35.5), ("NA", "Namibia", -22.1, 17.2),
    ("NC", "New Caledonia", -21.3, 165.7), ("NE", "Niger", 17.4, 9.4), ("NF", "Norfolk Island", -29.0, 168.0), ("NG", "Nigeria", 9.6, 8.1),
    ("NI", "Nicaragua", 12.8, -85.0), ("NL", "The Netherlands", 52.2, 5.4), ("NL", "Netherlands", 52.2, 5.4), ("NO", "Norway", 61.2, 9.0),
    ("NP", "Nepal", 28.2, 83.9), ("NR", "Nauru", -0.5, 166.9), ("NU", "Niue", -19.1, -169.9), ("NZ", "New Zealand", -41.8, 172.8),
    ("OM", "Oman", 20.6, 56.1), ("PA", "Panama", 8.5, -80.1), ("PE", "Peru", -9.2, -74.4), ("PF", "French Polynesia", -17.7, -149.4),
    ("PG", "Papua New Guinea", -6.5, 144.3), ("PH", "Philippines", 12.0, 122.9), ("PK", "Pakistan", 29.9, 69.3), ("PL", "Poland", 52.1, 19.4),
    ("PM", "Saint Pierre and Miquelon", 46.9, -56.3), ("PN", "Pitcairn Islands", -25.1, -130.1), ("PR", "Puerto Rico", 18.2, -66.5), ("PS", "Palestine", 31.9, 35.2),
    ("PT", "Portugal", 39.6, -8.5), ("PW", "Palau", 7.5, 134.6), ("PY", "Paraguay", -23.2, -58.4), ("QA", "Qatar", 25.3, 51.2),
    ("RE", "Réunion", -21.1, 55.5), ("RO", "Romania", 45.9, 25.0), ("RS", "Serbia", 44.2, 20.8), ("RU", "Russia", 60.0, 95.0),
    ("RW", "Rwanda", -2.0, 29.9), ("SA", "Saudi Arabia", 24.1, 44.5), ("SB", "Solomon Islands", -8.9, 159.6), ("SC", "Seychelles", -4.7, 55.5),
    ("SD", "Sudan", 16.0, 29.9), ("SE", "Sweden", 62.8, 16.7), ("SG", "Singapore", 1.4, 103.8), ("SH", "Saint Helena", -15.9, -5.7),
    ("SI", "Slovenia", 46.1, 14.8), ("SJ", "Svalbard and Jan Mayen", 78.5, 18.0), ("SK", "Slovakia", 48.7, 19.5), ("SL", "Sierra Leone", 8.6, -11.8),
    ("SM", "San Marino", 43.9, 12.5), ("SN", "Senegal", 14.4, -14.5), ("SO", "Somalia", 4.8, 45.7), ("SR", "Suriname", 4.1, -55.9),
    ("SS", "South Sudan", 7.3, 30.2), ("ST", "São Tomé and Príncipe", 0.4, 6.7), ("SV", "El Salvador", 13.7, -88.9), ("SX", "Sint Maarten", 18.0, -63.1),
    ("SY", "Syria", 35.0, 38.5), ("SZ", "Eswatini", -26.6, 31.5), ("TC", "Turks and Caicos Islands", 21.8, -71.8), ("TD", "Chad", 15.3, 18.6),
    ("TF", "French Southern Territories", -49.3, 69.2), ("TG", "Togo", 8.5, 1.0), ("TH", "Thailand", 15.1, 101.0), ("TJ", "Tajikistan", 38.5, 71.0),
    ("TK", "Tokelau", -9.2, -171.8), ("TL", "Timor-Leste", -8.8, 125.8), ("TM", "Turkmenistan", 39.1, 59.4), ("TN", "Tunisia", 34.1, 9.6),
    ("TO", "Tonga", -21.2, -175.2), ("TR", "Türkiye", 39.1, 35.2), ("TR", "Turkey", 39.1, 35.2), ("TT", "Trinidad and Tobago", 10.5, -61.3),
    ("TV", "Tuvalu", -8.5, 179.2), ("TW", "Taiwan", 23.8, 121.0), ("TZ", "Tanzania", -6.3, 34.8), ("UA", "Ukraine", 49.0, 31.4),
    ("UG", "Uganda", 1.3, 32.4), ("UM", "U.S. Outlying Islands", 19.3, 166.6), ("US", "United States", 39.8, -98.6), ("UY", "Uruguay", -32.8, -56.0),
    ("UZ", "Uzbekistan", 41.8, 63.1), ("VA", "Vatican City", 41.9, 12.5), ("VC", "St Vincent and Grenadines", 13.2, -61.2), ("VE", "Venezuela", 7.1, -66.2),
    ("VG", "British Virgin Islands", 18.5, -64.5), ("VI", "U.S. Virgin Islands", 18.0, -64.8), ("VN", "Vietnam", 16.6, 106.3), ("VU", "Vanuatu", -16.2, 167.7),
    ("WF", "Wallis and Futuna", -13.3, -176.2), ("WS", "Samoa", -13.8, -172.2), ("XK", "Kosovo", 42.6, 20.9), ("YE", "Yemen", 15.9, 47.6),
    ("YT", "Mayotte", -12.8, 45.1), ("ZA", "South Africa", -29.0, 25.1), ("ZM", "Zambia", -13.5, 27.8), ("ZW", "Zimbabwe", -19.0, 29.9),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_found_by_code_and_name() {
        assert_eq!(centre("us"), Some((39.8, -98.6)));
        assert_eq!(centre("United States"), centre("US"));
        assert_eq!(centre("ZZ"), None);
        assert!(CENTRES.iter().all(|(code, _, latitude, longitude)| code.len() == 2 && latitude.abs() < 80.0 && longitude.abs() <= 180.0));
    }
}
